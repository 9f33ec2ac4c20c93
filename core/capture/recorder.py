"""`capture`: hooks on a running model."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from core.capture.also import AlsoCall
from core.capture.arrivals import Clock
from core.capture.calls import Place, RecurrentCall, parameters, places
from core.capture.cells import Weights
from core.capture.refusals import CELLS, SEQUENCES, refuse_foreign, refuse_unsupported
from core.capture.stepped import SteppedCell
from core.capture.tape import Tape
from core.capture.trace import LayerTrace
from core.errors import CaptureError


@contextmanager
def capture(
    model: nn.Module, also: Iterable[str] = (), *, dtype: torch.dtype | None = None
) -> Iterator[Tape]:
    """Record all states, gates and exact gradients of a model's recurrent layers.

        with capture(model) as tape:
            loss = criterion(model(x), y)
            loss.backward()
        tape["lstm.l0"].grad_hidden    # (time, batch, unit): the total dL/dh_t

    The model runs as it would without: same outputs, same gradients, same random numbers, and no
    hook is left when the block ends, however it ends. The tape holds copies; it keeps neither the
    model nor the graph alive.

    Args:
        model: any module that contains `nn.RNN`, `nn.GRU`, `nn.LSTM` or their `*Cell` forms, or is
            one. Layers are named after the module with PyTorch's suffix ("lstm.l0",
            "encoder.gru.l1_reverse"), and "l0", "l1" … when the model itself is the module. A cell
            called step by step is one trace under its own name ("l0" when it is the model), its
            calls being the time steps.
        also: names of other submodules whose output and total gradient to keep, per call:
            `tape.also[name]`.
        dtype: precision of the analysis, torch.float32 or torch.float64; by default the module's
            own. Analysing a float32 model in float64 recomputes its states and runs all
            recurrences in float64, from the same weights and inputs and from the gradients that
            autograd delivered at the outputs in float32.

    Yields:
        A `Tape`. States can be read as soon as a layer ran, gradients as soon as a backward pass
        did; several backward passes add up as they do in `.grad`.

    Raises:
        CaptureError: if there is nothing to record, a name in `also` does not exist, a module
            projects its state (`proj_size`) or drops units between its layers while training, or
            runs a forward other than PyTorch's own.
    """
    recorder = _Recorder(model, tuple([also] if isinstance(also, str) else also), dtype)
    try:
        recorder.attach()
        yield recorder.tape
    finally:
        recorder.detach()


class _Recorder:
    """The hooks of one capture and what they bring in."""

    def __init__(self, model: nn.Module, also: tuple[str, ...], dtype: torch.dtype | None) -> None:
        if dtype not in (None, torch.float32, torch.float64):
            raise CaptureError(f"`dtype` (={dtype}) must be torch.float32 or torch.float64.")
        modules = dict(model.named_modules())
        self._recurrent = {
            name: module
            for name, module in modules.items()
            if isinstance(module, SEQUENCES + CELLS)
        }
        if not self._recurrent and not also:
            raise CaptureError(
                f"`model` (={type(model).__name__}) contains no nn.RNN, nn.GRU, nn.LSTM and no "
                "cell of theirs: capture a model that has one, or name other modules in `also`."
            )
        for name in also:
            if name not in modules:
                known = ", ".join(f'"{known}"' for known in modules if known)
                raise CaptureError(
                    f'`also` names "{name}", which is not a submodule; the names are {known}.'
                )
        for name, module in self._recurrent.items():
            refuse_unsupported(name, module)
        self._also = {name: modules[name] for name in also}
        self._dtype, self._clock = dtype, Clock()
        self._handles: list[torch.utils.hooks.RemovableHandle] = []
        self._calls: list[RecurrentCall | SteppedCell | AlsoCall] = []
        self._cells: dict[str, SteppedCell] = {}
        self._kept: dict[str, list[Weights]] = {}
        self.tape = Tape(
            {
                layer: name or "the model"
                for name, module in self._recurrent.items()
                for layer in _layers(name, module)
            }
        )

    def attach(self) -> None:
        """Put the forward hooks on."""
        for name, module in self._recurrent.items():
            # First in line: a user's own forward hook may replace the output afterwards.
            self._handles.append(
                module.register_forward_hook(self._on_call(name), prepend=True, with_kwargs=True)
            )
        for name, module in self._also.items():
            self._handles.append(module.register_forward_hook(self._on_also(name)))
            self.tape._also.setdefault(name, [])

    def detach(self) -> None:
        """Take every hook off, and let go of the model."""
        for handle in self._handles:
            handle.remove()
        for call in self._calls:
            call.release()
        self._handles, self._recurrent, self._also, self._kept = [], {}, {}, {}

    def _on_call(self, name: str) -> Any:
        def hook(module: nn.Module, args: tuple, kwargs: dict[str, Any], result: Any) -> None:
            given = args[0] if args else kwargs["input"]
            state = args[1] if len(args) > 1 else kwargs.get("hx")
            refuse_unsupported(name, module)
            if isinstance(module, nn.RNNCellBase):
                refuse_foreign(name, module, result)
                self._step(name, module, given, state, result)
            elif isinstance(module, nn.RNNBase):
                refuse_foreign(name, module, result[0])
                call = RecurrentCall(
                    module,
                    given,
                    state,
                    result,
                    weights=self._weights(name, module),
                    dtype=self._dtype,
                    clock=self._clock,
                )
                self._calls.append(call)
                self.tape._append(
                    [LayerTrace(_named(name, place.suffix), call, place) for place in call.places]
                )

        return hook

    def _step(
        self, name: str, module: nn.RNNCellBase, given: Tensor, state: Any, result: Any
    ) -> None:
        if name not in self._cells:
            cell = self._cells[name] = SteppedCell(name or "l0", self._dtype, self._clock)
            self._calls.append(cell)
            cell.add(module, given, state, result, self._weights(name, module)[0])
            self.tape._append([LayerTrace(cell.name, cell, Place())])
        else:
            self._cells[name].add(module, given, state, result, self._weights(name, module)[0])

    def _on_also(self, name: str) -> Any:
        def hook(module: nn.Module, args: tuple, output: Any) -> None:
            call = AlsoCall(output, self._clock)
            self._calls.append(call)
            self.tape._also[name].append(call)

        return hook

    def _weights(self, name: str, module: nn.RNNBase | nn.RNNCellBase) -> list[Weights]:
        """A copy of the parameters as they are now; the last copy again if nothing changed."""
        now = parameters(module)
        kept = self._kept.get(name)
        if kept is None or not all(_same(a, b) for a, b in zip(kept, now, strict=True)):
            kept = self._kept[name] = [
                Weights(*(None if p is None else p.detach().clone() for p in w.listed()))  # type: ignore[arg-type]
                for w in now
            ]
        return kept


def _same(one: Weights, other: Weights) -> bool:
    return all(
        (a is None and b is None) or (a is not None and b is not None and torch.equal(a, b))
        for a, b in zip(one.listed(), other.listed(), strict=True)
    )


def _layers(name: str, module: nn.Module) -> list[str]:
    if isinstance(module, nn.RNNBase):
        return [_named(name, place.suffix) for place in places(module)]
    return [name or "l0"]


def _named(name: str, suffix: str) -> str:
    return f"{name}.{suffix}" if name else suffix
