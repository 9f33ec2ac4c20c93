"""Tape: every layer trace of one capture, by name."""

from core.capture.also import Also, AlsoCall
from core.capture.trace import LayerTrace
from core.errors import CaptureError


class Tape:
    """What `capture` recorded: `tape.layers` in the order data flowed, `tape[name]` one of them.

    A module called several times has one trace a call: `tape[name, k]` is call k, counted from 0.
    """

    def __init__(self, absent: dict[str, str]) -> None:
        self._traces: dict[str, list[LayerTrace]] = {}
        self._order: list[LayerTrace] = []
        self._absent = absent
        self._also: dict[str, list[AlsoCall]] = {}

    def __repr__(self) -> str:
        return f"Tape({', '.join(self.names) or 'nothing ran yet'})"

    def __contains__(self, name: str) -> bool:
        return name in self._traces

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all layers that ran, in the order data flowed."""
        return tuple(self._traces)

    @property
    def layers(self) -> tuple[LayerTrace, ...]:
        """All layer traces of all calls, in the order data flowed."""
        return tuple(self._order)

    @property
    def also(self) -> dict[str, list[Also]]:
        """For each module named in `also`: (output, total gradient) of each call."""
        return {name: [call.pair() for call in calls] for name, calls in self._also.items()}

    def __getitem__(self, key: str | tuple[str, int]) -> LayerTrace:
        name, call = key if isinstance(key, tuple) else (key, None)
        traces = self._traces.get(name)
        if traces is None:
            raise CaptureError(self._missing(name))
        if call is None:
            if len(traces) > 1:
                raise CaptureError(
                    f"`{name}` was called {len(traces)} times in this capture: ask for one call, "
                    f'tape["{name}", k] with k from 0 to {len(traces) - 1}.'
                )
            return traces[0]
        if isinstance(call, bool) or not isinstance(call, int) or not 0 <= call < len(traces):
            raise CaptureError(
                f"`call` (={call!r}) must be a number from 0 to {len(traces) - 1}: `{name}` was "
                f"called {len(traces)} time{'s' * (len(traces) != 1)} in this capture."
            )
        return traces[call]

    def _missing(self, name: object) -> str:
        if name in self._absent:
            return (
                f"`{name}` did not run in this capture: call `{self._absent[str(name)]}` inside "
                "the `with capture(...)` block."
            )
        known = ", ".join(f'"{known}"' for known in (self._traces or self._absent))
        return f"There is no layer named {name!r} on this tape; the names are {known}."

    def _append(self, traces: list[LayerTrace]) -> None:
        for trace in traces:
            self._traces.setdefault(trace.name, []).append(trace)
            self._order.append(trace)
