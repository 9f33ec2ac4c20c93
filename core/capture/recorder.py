"""`capture`: hooks on a running model."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
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
            autograd delivered at the outputs in float32. On a GPU the float32 states of a stock
            module are good to three digits only: cuDNN rounds their products to TF32 unless
            `torch.backends.cudnn.allow_tf32` is switched off. What is recomputed here is not
            rounded so.

    Yields:
        A `Tape`. States can be read as soon as a layer ran, gradients as soon as a backward pass
        did; several backward passes add up as they do in `.grad`.

    Raises:
        CaptureError: if there is nothing to record, a name in `also` does not exist, a module
            projects its state (`proj_size`) or drops units between its layers while training, or
            runs a forward other than PyTorch's own, or under autocast.

    Only calls made by the thread that entered the block are recorded.
    """
    recorder = _Recorder(model, (also,) if isinstance(also, str) else tuple(also), dtype)
    try:
        recorder.attach()
        yield recorder.tape
    finally:
        recorder.detach()


class _Hook:
    """A forward hook that stays behind when its module is copied or saved inside the block."""

    def __init__(self, call: Callable[..., None]) -> None:
        self._call = call

    def __call__(self, *arguments: Any) -> None:
        self._call(*arguments)

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Hook":
        return _Hook(_nothing)

    def __reduce__(self) -> tuple[type["_Hook"], tuple[Callable[..., None]]]:
        return _Hook, (_nothing,)


def _nothing(*arguments: Any) -> None:
    """What is left of a hook in a copy."""


class _Recorder:
    """The hooks of one capture and what they bring in."""

    def __init__(self, model: nn.Module, also: tuple[str, ...], dtype: torch.dtype | None) -> None:
        if dtype not in (None, torch.float32, torch.float64):
            raise CaptureError(f"`dtype` (={dtype}) must be torch.float32 or torch.float64.")
        if not isinstance(model, nn.Module):
            raise CaptureError(f"`model` (={model!r}) must be a torch.nn.Module.")
        every = dict(model.named_modules(remove_duplicate=False))
        self._recurrent = {
            name: module
            for name, module in model.named_modules()
            if isinstance(module, SEQUENCES + CELLS)
        }
        if not self._recurrent and not also:
            raise CaptureError(
                f"`model` (={type(model).__name__}) contains no nn.RNN, nn.GRU, nn.LSTM and no "
                "cell of theirs: capture a model that has one, or name other modules in `also`."
            )
        for name in also:
            if name not in every:
                known = ", ".join(f'"{known}"' for known in every)
                raise CaptureError(
                    f"`also` names {name!r}, which is not a submodule; the names are {known}."
                )
        for name, module in self._recurrent.items():
            refuse_unsupported(name, module)
        self._also = {name: every[name] for name in also}
        self._dtype, self._clock = dtype, Clock()
        self._thread = threading.get_ident()
        self._handles: list[torch.utils.hooks.RemovableHandle] = []
        self._calls: list[RecurrentCall | SteppedCell | AlsoCall] = []
        self._cells: dict[str, SteppedCell] = {}
        self._kept: dict[str, list[Weights]] = {}
        self.tape = Tape(_names(self._recurrent, every), tuple(also))

    def attach(self) -> None:
        """Put the forward hooks on."""
        for name, module in self._recurrent.items():
            # First in line: a user's own forward hook may replace the output afterwards.
            self._handles.append(
                module.register_forward_hook(
                    _Hook(partial(self._on_call, name)), prepend=True, with_kwargs=True
                )
            )
        for name, module in self._also.items():
            self._handles.append(module.register_forward_hook(_Hook(partial(self._on_also, name))))

    def detach(self) -> None:
        """Take every hook off, and let go of the model."""
        for handle in self._handles:
            handle.remove()
        for call in self._calls:
            call.release()
        self._clock.close()
        self._handles, self._recurrent, self._also, self._kept = [], {}, {}, {}

    def _listens(self) -> bool:
        """Whether a call belongs to this capture: made by its thread, and not a recomputation.

        Checkpointing (torch.utils.checkpoint) runs a forward again inside the backward pass; the
        first run is the one that counts.
        """
        return threading.get_ident() == self._thread and torch._C._current_graph_task_id() == -1

    def _on_call(
        self, name: str, module: nn.Module, args: tuple, kwargs: dict[str, Any], result: Any
    ) -> None:
        if not self._listens() or self._recurrent.get(name) is not module:
            return
        given = args[0] if args else kwargs["input"]
        state = args[1] if len(args) > 1 else kwargs.get("hx")
        refuse_unsupported(name, module)
        refuse_foreign(name, module, given)
        if isinstance(module, nn.RNNCellBase):
            self._on_step(name, module, given, state, result)
        elif isinstance(module, nn.RNNBase):
            call = RecurrentCall(
                name or type(module).__name__,
                module,
                given,
                state,
                result,
                weights=self._weights(name, module),
                dtype=self._dtype,
                clock=self._clock,
            )
            self._calls.append(call)
            self.tape.append(
                [LayerTrace(_named(name, place.suffix), call, place) for place in call.places]
            )

    def _on_step(
        self, name: str, module: nn.RNNCellBase, given: Tensor, state: Any, result: Any
    ) -> None:
        weights = self._weights(name, module)[0]
        cell = self._cells.get(name)
        if cell is None:
            cell = self._cells[name] = SteppedCell(name or "l0", self._dtype, self._clock)
            self._calls.append(cell)
            cell.add(module, given, state, result, weights)
            self.tape.append([LayerTrace(cell.name, cell, Place())])
        else:
            cell.add(module, given, state, result, weights)

    def _on_also(self, name: str, module: nn.Module, args: tuple, output: Any) -> None:
        if self._listens() and self._also.get(name) is module:
            call = AlsoCall(name, output, self._clock)
            self._calls.append(call)
            self.tape.append_also(name, call)

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


def _names(recurrent: Mapping[str, nn.Module], every: Mapping[str, nn.Module]) -> dict[str, str]:
    """Every name that a layer goes by, with the name that it is recorded under.

    They differ where one module has several names in the model: the first is recorded.
    """
    first = {id(module): name for name, module in recurrent.items()}
    return {
        alias: layer
        for name, module in every.items()
        if id(module) in first
        for alias, layer in zip(
            _layers(name, module), _layers(first[id(module)], module), strict=True
        )
    }


def _same(one: Weights, other: Weights) -> bool:
    return all(
        a.dtype == b.dtype and a.device == b.device and torch.equal(a, b)
        for a, b in zip(one.flat(), other.flat(), strict=True)
    )


def _layers(name: str, module: nn.Module) -> list[str]:
    if isinstance(module, nn.RNNBase):
        return [_named(name, place.suffix) for place in places(module)]
    return [name or "l0"]


def _named(name: str, suffix: str) -> str:
    return f"{name}.{suffix}" if name else suffix
