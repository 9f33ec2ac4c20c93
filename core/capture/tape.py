"""Tape: every layer trace of one capture, by name."""

from collections.abc import Callable
from typing import TypeVar

from core.capture.also import Also, AlsoCall
from core.capture.calls import RecurrentCall
from core.capture.joined import JoinedCalls, refuse_reverse
from core.capture.naming import Names
from core.capture.trace import LayerTrace
from core.errors import CaptureError

Entry = TypeVar("Entry")


class Tape:
    """What `capture` recorded: `tape.layers` in the order data flowed, `tape[name]` one of them.

    A module called several times has one trace a call: `tape[name, k]` is call k, counted from 0;
    `tape.joined(name)` reads calls that hand their state on as one. A cell called step by step has
    one trace a sequence. The name of a module of one layer and direction is enough: `tape["rnn"]`.
    """

    def __init__(
        self,
        names: Names,
        also: tuple[str, ...],
        why_missing: Callable[[str, str], str],
        refused: dict[str, str],
    ) -> None:
        """Start empty.

        Args:
            names: of all layers that could run.
            also: names of other modules that are recorded.
            why_missing: gives the reason why a layer (its module, its own name) has no trace.
            refused: sentences by modules that ran and were not recorded; it grows.
        """
        self._traces: dict[str, list[LayerTrace]] = {}
        self._chains: dict[str, list[list[LayerTrace]]] = {}
        self._order: list[LayerTrace] = []
        self._joined: dict[RecurrentCall, JoinedCalls] = {}
        self._names, self._why_missing, self._refused = names, why_missing, refused
        self._also: dict[str, list[AlsoCall]] = {name: [] for name in also}

    def __repr__(self) -> str:
        if self.names or not self._names.module_of:
            return f"Tape({', '.join(self.names)})"
        layer, module = next(iter(self._names.module_of.items()))
        return f"Tape(nothing recorded: {self._why_missing(module, layer)})"

    def __contains__(self, name: str) -> bool:
        try:
            return self._names.layer(name) in self._traces
        except CaptureError:
            return False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all layers that ran, in the order data flowed."""
        return tuple(self._traces)

    @property
    def layers(self) -> tuple[LayerTrace, ...]:
        """All layer traces of all calls, in the order data flowed."""
        return tuple(self._order)

    @property
    def refused(self) -> dict[str, str]:
        """For each layer that ran and was not recorded, the sentence that says why."""
        return {
            layer: self._refused[module]
            for layer, module in self._names.module_of.items()
            if module in self._refused
        }

    @property
    def missing(self) -> dict[str, str]:
        """For each layer without a trace, the sentence that says why."""
        return {
            layer: self._why_missing(module, layer)
            for layer, module in self._names.module_of.items()
            if layer not in self._traces
        }

    @property
    def also(self) -> dict[str, list[Also]]:
        """For each module named in `also`: (output, total gradient) of each call."""
        return {name: [call.pair() for call in calls] for name, calls in self._also.items()}

    def __getitem__(self, key: str | tuple[str, int]) -> LayerTrace:
        name, call = key if isinstance(key, tuple) and len(key) == 2 else (key, None)
        layer = self._recorded(name)
        traces = self._traces[layer]
        if len(traces) == 1 or call is not None:
            return _chosen(traces, call, self._counted(layer))
        if self._is_cell(layer):
            raise CaptureError(
                f"`{name}` ran {len(traces)} sequences in this capture: ask for one, "
                f'tape["{name}", k] with k from 0 to {len(traces) - 1}.'
            )
        join = f', or for calls that hand their state on as one, tape.joined("{name}")'
        raise CaptureError(
            f"`{name}` was called {len(traces)} times in this capture: ask for one call, "
            f'tape["{name}", k] with k from 0 to {len(traces) - 1}{join}.'
        )

    def joined(self, name: str, k: int | None = None) -> LayerTrace:
        """Calls of one module that hand their state on, as one trace of all their steps.

        For a decoder that calls nn.GRU step by step, or windows of one long text. Gradients are
        total, through all later calls; `grad_weight_hh` and the others are the sum over the calls.
        What reaches a state that was handed on in any other way than by the next call is in
        `grad_hidden` only, as it is at the last step of one call. A state that was detached or
        changed on its way is the state of the next step none the less: `hidden_before` has it as
        it was given.

        Args:
            name: of a layer that reads forward, or a module of one layer.
            k: which sequence of calls, counted from 0; not needed where there is one.

        Raises:
            CaptureError: if there are several sequences and `k` is None, or the steps of the calls
                do not follow each other in time.
        """
        layer = self._recorded(name)
        chains = self._chains[layer]
        if k is None and len(chains) > 1:
            calls = len(self._traces[layer])
            hint = " (no call goes on from the state of another)" if len(chains) == calls else ""
            raise CaptureError(
                f"The {calls} calls of `{name}` make {len(chains)} sequences{hint}: ask for one, "
                f'tape.joined("{name}", k) with k from 0 to {len(chains) - 1}.'
            )
        chosen = _chosen(chains, k, self._counted(layer, len(chains)))
        return _joined_trace(chosen, self._joined)

    def append(self, traces: list[LayerTrace], chain: int) -> None:
        """Add the layers of one call, in the order data flows (the recorder does).

        `chain` is the number of the sequence that the call continues, or starts.
        """
        for trace in traces:
            self._traces.setdefault(trace.name, []).append(trace)
            chains = self._chains.setdefault(trace.name, [])
            if chain == len(chains):
                chains.append([])
            chains[chain].append(trace)
            self._order.append(trace)

    def append_also(self, name: str, call: AlsoCall) -> None:
        """Add one call of a module named in `also` (the recorder does)."""
        self._also[name].append(call)

    def _recorded(self, name: object) -> str:
        """The name that a layer is recorded under.

        Raises:
            CaptureError: if it is unknown, or has no trace.
        """
        layer = self._names.layer(name)
        if layer not in self._traces:
            raise CaptureError(self._why_missing(self._names.module_of[layer], str(name)))
        return layer

    def _is_cell(self, layer: str) -> bool:
        return self._traces[layer][0].stepped

    def _counted(self, layer: str, sequences: int = 0) -> str:
        count = sequences or len(self._traces[layer])
        if sequences or self._is_cell(layer):
            return f"`{layer}` ran {count} sequence{'s' * (count != 1)}"
        return f"`{layer}` was called {count} time{'s' * (count != 1)}"


def _chosen(entries: list[Entry], number: object, counted: str) -> Entry:
    """One of several calls or sequences; the only one without a number."""
    if number is None:
        return entries[0]
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(entries):
        raise CaptureError(
            f"`call` (={number!r}) must be a number from 0 to {len(entries) - 1}: {counted} in "
            "this capture."
        )
    return entries[number]


def _joined_trace(traces: list[LayerTrace], kept: dict[RecurrentCall, JoinedCalls]) -> LayerTrace:
    """One layer of several calls, each going on from the state of the one before, as one trace.

    Args:
        traces: of one layer, call by call.
        kept: what was joined before, by the first call, so that layers share it.

    Raises:
        CaptureError: if their steps do not follow each other in time.
    """
    first = traces[0]
    if len(traces) == 1 or not isinstance(first._source, RecurrentCall):
        return first
    refuse_reverse(first.name, first._place)
    calls = [trace._source for trace in traces if isinstance(trace._source, RecurrentCall)]
    links = [trace._link for trace in traces]
    source = kept.get(first._source)
    if source is None or source.calls != len(calls):
        source = kept[first._source] = JoinedCalls(first.name, calls, links)
    return LayerTrace(first.name, source, first._place)
