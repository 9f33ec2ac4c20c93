"""Tape: every layer trace of one capture, by name."""

from core.capture.also import Also, AlsoCall
from core.capture.trace import LayerTrace
from core.errors import CaptureError


class Tape:
    """What `capture` recorded: `tape.layers` in the order data flowed, `tape[name]` one of them.

    A module called several times has one trace a call: `tape[name, k]` is call k, counted from 0.
    """

    def __init__(self, known: dict[str, str], also: tuple[str, ...]) -> None:
        """Start empty; `known` maps every name a layer goes by to the one it is recorded under."""
        self._traces: dict[str, list[LayerTrace]] = {}
        self._order: list[LayerTrace] = []
        self._known = known
        self._also: dict[str, list[AlsoCall]] = {name: [] for name in also}

    def __repr__(self) -> str:
        return f"Tape({', '.join(self.names) or 'nothing ran yet'})"

    def __contains__(self, name: str) -> bool:
        return self._known.get(name) in self._traces

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
        name, call = key if isinstance(key, tuple) and len(key) == 2 else (key, None)
        if not isinstance(name, str) or name not in self._known:
            known = ", ".join(f'"{known}"' for known in self._known)
            raise CaptureError(f"There is no layer named {name!r} here; the names are {known}.")
        traces = self._traces.get(self._known[name])
        if traces is None:
            raise CaptureError(
                f"`{name}` did not run in this capture: call the model inside the "
                "`with capture(...)` block."
            )
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

    def append(self, traces: list[LayerTrace]) -> None:
        """Add the layers of one call, in the order data flows (the recorder does)."""
        for trace in traces:
            self._traces.setdefault(trace.name, []).append(trace)
            self._order.append(trace)

    def append_also(self, name: str, call: AlsoCall) -> None:
        """Add one call of a module named in `also` (the recorder does)."""
        self._also[name].append(call)
