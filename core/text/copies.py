"""Whether a model writes or only repeats what it has read."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.text.limits import require_indices


def longest_copy(
    written: Sequence[int] | NDArray[np.integer], source: Sequence[int] | NDArray[np.integer]
) -> tuple[int, int]:
    """Finds the longest stretch that stands word for word in another text.

    The source is searched once or twice for each token written: 500 tokens against two million
    take half a second.

    Args:
        written: The indices of a text, (T,), each from 0 to 1,114,111.
        source: Those of the text it may be copied from.

    Returns:
        Where the stretch begins and stops in `written`; the first of the longest, (0, 0) if no
        token of it occurs.

    Raises:
        CoreError: An index is out of range.
    """
    read, wrote = _letters("source", source), _letters("written", written)
    best = (0, 0)
    for start in range(len(wrote)):
        stop = start + best[1] - best[0] + 1
        while stop <= len(wrote) and wrote[start:stop] in read:
            best = (start, stop)
            stop += 1
    return best


def _letters(name: str, indices: Sequence[int] | NDArray[np.integer]) -> str:
    """One letter for each index: searching a string is searching at full speed."""
    raw = require_indices(name, indices, 0x110000).astype("<u4").tobytes()
    return raw.decode("utf-32-le", "surrogatepass")
