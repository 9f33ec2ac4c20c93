"""`capture`: hooks on a running model."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from core.capture.also import AlsoCall
from core.capture.arrivals import Clock
from core.capture.calls import RecurrentCall
from core.capture.cells import Weights
from core.capture.chains import Chains
from core.capture.dropout import drops_units, masks_between, random_state
from core.capture.modules import Place, parameters, states_given
from core.capture.naming import every_name, layer_names, names_of, recurrent_of
from core.capture.reasons import Happened
from core.capture.refusals import random_numbers_shared, reason_to_refuse
from core.capture.stepped import SteppedCell
from core.capture.tape import Tape
from core.capture.torch_internals import ignore, observe, running_backward, tracing
from core.capture.trace import LayerTrace
from core.errors import CaptureError


@contextmanager
def capture(
    model: nn.Module | Iterable[nn.Module] | Mapping[str, nn.Module],
    also: Iterable[str] = (),
    *,
    dtype: torch.dtype | None = None,
) -> Iterator[Tape]:
    """Record all states, gates and exact gradients of a model's recurrent layers.

        with capture(model) as tape:
            loss = criterion(model(x), y)
            loss.backward()
        tape["lstm.l0"].grad_hidden    # (time, batch, unit): the total dL/dh_t

    The model runs as it would without: same outputs, same gradients, same random numbers, and no
    hook is left when the block ends, however it ends. Nothing is stored on its modules: a copy, a
    file or a script made of them inside the block is as without. The tape holds copies; it keeps
    neither the model nor the graph alive.

    Args:
        model: any module that contains `nn.RNN`, `nn.GRU`, `nn.LSTM` or their `*Cell` forms, or is
            one. Layers are named after the module with PyTorch's suffix ("lstm.l0",
            "encoder.gru.l1_reverse"), and "l0", "l1" … when the model itself is the module. A cell
            called step by step is one trace a sequence under its own name ("l0" when it is the
            model), its calls being the time steps: a call whose state does not come from the call
            before starts a sequence (`core.capture.chains` has the rule). Several models are named
            as in an nn.ModuleList or nn.ModuleDict: `capture([encoder, decoder])` gives "0.l0" and
            "1.l0", `capture({"encoder": encoder})` "encoder.l0".
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
        CaptureError: if there is nothing to record, a name in `also` does not exist, or the only
            module there is to record runs in a way that is not recorded: under autocast, with a
            forward of its own, with dropout between its layers while training elsewhere than on
            the CPU, as a parametrised cell. Beside other modules it is passed over: `tape.refused`
            has the reason, which asking for the layer raises.

    Only calls made by the thread that entered the block are recorded.
    """
    recorder = _Recorder(model, (also,) if isinstance(also, str) else tuple(also), dtype)
    try:
        observe(recorder)
        yield recorder.tape
    finally:
        recorder.detach()


class _Recorder:
    """What one capture sees, and what it keeps of it."""

    def __init__(
        self,
        model: nn.Module | Iterable[nn.Module] | Mapping[str, nn.Module],
        also: tuple[str, ...],
        dtype: torch.dtype | None,
    ) -> None:
        if dtype not in (None, torch.float32, torch.float64):
            raise CaptureError(f"`dtype` (={dtype}) must be torch.float32 or torch.float64.")
        if not isinstance(model, nn.Module | Mapping) and isinstance(model, Iterable):
            model = list(model)
        every = every_name(model)
        self._recurrent = recurrent_of(every)
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
        self._every = list(every.values())  # kept alive, so that no other takes an id
        self._mine = {id(module): name for name, module in reversed(every.items())}
        self._layers = {id(module): name for name, module in self._recurrent.items()}
        self._also: dict[int, list[str]] = {}
        for name in dict.fromkeys(also):
            self._also.setdefault(id(every[name]), []).append(name)
        self._alone = len(self._recurrent) == 1 and not also
        self._dtype, self._clock = dtype, Clock()
        self._thread = threading.get_ident()
        self._calls: list[RecurrentCall | SteppedCell | AlsoCall] = []
        self._cells: dict[tuple[str, int], SteppedCell] = {}
        self._chains = {name: Chains() for name in self._recurrent}
        self._finals: dict[tuple[str, int], list[tuple[Tensor, int]]] = {}
        self._kept: dict[str, list[Weights]] = {}
        self._random: dict[str, Tensor] = {}
        self._late: dict[int, torch.utils.hooks.RemovableHandle] = {}
        self._happened = Happened()
        names = names_of(self._recurrent, every)
        self.tape = Tape(names, also, self._why_missing, self._happened.refused)

    def detach(self) -> None:
        """Take every hook off, and let go of the model."""
        ignore(self)
        for handle in self._late.values():
            handle.remove()
        for call in self._calls:
            call.release()
        for chains in self._chains.values():
            chains.close()
        self._happened.look_for_compiled(self._every)
        self._clock.close()
        self._every, self._mine, self._layers, self._also, self._late = [], {}, {}, {}, {}
        self._recurrent, self._kept, self._finals, self._random = {}, {}, {}, {}

    def before(self, module: nn.Module, args: tuple) -> None:
        """Note what has to be known before a module runs; refuse what would end in a refusal."""
        key = id(module)
        if key in self._layers and self._listens():
            name = self._layers[key]
            if self._alone and args and (reason := reason_to_refuse(name, module, args[0])):
                self._refuse(name, reason)
            if drops_units(module):
                self._random[name] = random_state()
        if key in self._also and module._forward_hooks and self._listens():
            # The user's own hooks may replace the output: look at it after them, this once.
            self._late[key] = module.register_forward_hook(
                lambda module, args, output: self._after_hooks(module, output)
            )

    def after(self, module: nn.Module, args: tuple, kwargs: dict[str, Any], result: object) -> None:
        """Record a call of one of the modules; note what else ran."""
        key = id(module)
        if key not in self._mine:
            if threading.get_ident() == self._thread:
                self._happened.see_stranger(module, self._mine)
            return
        if not self._listens(self._layers.get(key)):
            return
        self._happened.ran.add(self._mine[key])
        if key in self._layers:
            self._on_call(self._layers[key], module, args, kwargs, result)
        if key in self._also and key not in self._late:
            self._on_also(module, result)

    def watches(self, module: nn.Module) -> bool:
        """Whether a call of this module by this thread would be recorded."""
        return id(module) in self._mine and threading.get_ident() == self._thread

    def took_forward(self, module: nn.Module) -> None:
        """Somebody runs a module past its hooks."""
        name = self._layers.get(id(module))
        if name is not None and threading.get_ident() == self._thread:
            self._happened.forward_taken.add(name)

    def _why_missing(self, module: str, layer: str) -> str:
        self._happened.look_for_compiled(self._every)
        return self._happened.why_missing(module, layer)

    def _listens(self, name: str | None = None) -> bool:
        """Whether a call belongs to this capture: made by its thread, and not a recomputation.

        Checkpointing (torch.utils.checkpoint) runs a forward again inside the backward pass; the
        first run is the one that counts. A call of the module `name` that does not is noted.
        """
        if threading.get_ident() != self._thread:
            noted = self._happened.other_threads
        elif running_backward():
            noted = self._happened.recomputed
        elif tracing():
            noted = self._happened.traced
        else:
            return True
        if name is not None:
            noted.add(name)
        return False

    def _on_call(
        self, name: str, module: nn.Module, args: tuple, kwargs: dict[str, Any], result: Any
    ) -> None:
        given = args[0] if args else kwargs["input"]
        state = args[1] if len(args) > 1 else kwargs.get("hx")
        masks, reason = None, reason_to_refuse(name, module, given)
        if reason is None and isinstance(module, nn.RNNBase) and drops_units(module):
            before, after = self._random.pop(name, None), random_state()
            masks = None if before is None else masks_between(module, result[0], before, after)
            reason = random_numbers_shared(name, module) if masks is None else None
        if reason is not None:
            self._refuse(name, reason)
        elif isinstance(module, nn.RNNCellBase):
            self._on_step(name, module, given, state, result)
        elif isinstance(module, nn.RNNBase):
            self._on_sequence(name, module, given, state, result, masks)

    def _refuse(self, name: str, reason: str) -> None:
        """Pass over a call; if there is nothing else to record, say so at once."""
        self._happened.refused[name] = reason
        self._chains[name].interrupt()
        if self._alone:
            raise CaptureError(reason)

    def _on_sequence(
        self,
        name: str,
        module: nn.RNNBase,
        given: Any,
        state: Any,
        result: Any,
        masks: list[Tensor] | None,
    ) -> None:
        ends, starts, chains = states_given(result[1]), states_given(state), self._chains[name]
        continued = chains.continued(starts)
        chain = chains.add(None if continued is None else continued.sequence, ends)
        link = "output" if continued is not None and continued.by == "numbers" else "other"
        if continued is not None and self._handed_as_is(starts, self._finals[name, chain]):
            link = "tensor"
        self._finals[name, chain] = [(end, _version(end)) for end in ends]
        call = RecurrentCall(
            name or type(module).__name__,
            module,
            given,
            state,
            result,
            weights=self._weights(name, module),
            dtype=self._dtype,
            clock=self._clock,
            masks=masks,
        )
        self._calls.append(call)
        layers = zip(layer_names(name, module), call.places, strict=True)
        self.tape.append([LayerTrace(layer, call, place, link) for layer, place in layers], chain)

    def _handed_as_is(self, starts: tuple[Tensor, ...], ends: list[tuple[Tensor, int]]) -> bool:
        """Whether states are the very tensors that the call before returned, gradients and all."""
        return all(
            start is end and _version(end) == version and end.requires_grad
            for start, (end, version) in zip(starts, ends, strict=False)
        )

    def _on_step(
        self, name: str, module: nn.RNNCellBase, given: Tensor, state: Any, result: Any
    ) -> None:
        weights, chains = self._weights(name, module)[0], self._chains[name]
        continued = chains.continued(states_given(state))
        chain = chains.add(None if continued is None else continued.sequence, states_given(result))
        cell = self._cells.get((name, chain))
        if cell is not None:
            cell.add(module, given, state, result, weights)
            return
        cell = self._cells[name, chain] = SteppedCell(name or "l0", self._dtype, self._clock)
        self._calls.append(cell)
        cell.add(module, given, state, result, weights)
        self.tape.append([LayerTrace(cell.name, cell, Place())], chain)

    def _after_hooks(self, module: nn.Module, output: object) -> None:
        """The output of a module in `also` that has hooks of the user's own, after them."""
        handle = self._late.pop(id(module), None)
        if handle is not None:
            handle.remove()
            if self._listens():
                self._on_also(module, output)

    def _on_also(self, module: nn.Module, output: object) -> None:
        for name in self._also[id(module)]:
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


def _version(tensor: Tensor) -> int:
    """How often a tensor was changed in place; inference tensors do not count."""
    return 0 if tensor.is_inference() else tensor._version


def _same(one: Weights, other: Weights) -> bool:
    return all(
        a.dtype == b.dtype and a.device == b.device and torch.equal(a, b)
        for a, b in zip(one.flat(), other.flat(), strict=True)
    )
