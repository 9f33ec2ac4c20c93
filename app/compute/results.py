"""What pages have computed: kept for all sessions, computed once for all that ask together."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from app.compute.bounded import Bounded
from app.compute.lanes import inside
from app.compute.packed import bytes_of
from app.compute.waiting import Asked, computed

__all__ = ["Part", "Results"]


@dataclass(frozen=True, eq=False)
class Part:
    """One result that a page needs.

    Attributes:
        key: everything it depends on.
        make: computes it; in another thread, without Streamlit.
        seconds: an estimate, see `costs`.
    """

    key: Hashable
    make: Callable[[], Any]
    seconds: float


class Results:
    """A cache whose misses go through the lanes.

    Args:
        name: that no other has.
        most: bytes that all results may take together.
        size: bytes of one result.
    """

    def __init__(self, name: str, most: int, size: Callable[[Any], int] = bytes_of) -> None:
        self._name = name
        self.kept: Bounded[Any] = Bounded(most, size)

    def of(self, part: Part, about: str = "") -> Any:
        """A result, kept or computed now.

        Args:
            part: which.
            about: what computes, for the line that says what it costs.

        Raises:
            NotNow: the user does not want it now.
        """
        return self.all([part], about)[0]

    def all(self, parts: Sequence[Part], about: str = "") -> list[Any]:
        """Several, as one piece of work with one line of progress."""
        found = [self.kept.known(part.key) for part in parts]
        missing = [place for place, value in enumerate(found) if value is None]
        asked = [
            Asked((self._name, parts[place].key), self._making(parts[place]), parts[place].seconds)
            for place in missing
        ]
        if inside():
            values = [each.run() for each in asked]
        elif asked:
            plan = (self._name, *(part.key for part in parts))
            values = computed(asked, about, plan)
        else:
            values = []
        for place, value in zip(missing, values, strict=True):
            found[place] = value
        return found

    def _making(self, part: Part) -> Callable[[], Any]:
        def run() -> Any:
            # While this one waited for its turn another session's may have been computed.
            if (known := self.kept.known(part.key)) is not None:
                return known
            made = part.make()
            self.kept.put(part.key, made)
            return made

        return run
