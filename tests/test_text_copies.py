"""The longest stretch that stands word for word in another text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import CoreError
from core.text import longest_copy

few = st.lists(st.integers(0, 2), max_size=14)


def stands_in(part, whole):
    return any(whole[k : k + len(part)] == part for k in range(len(whole) - len(part) + 1))


@given(few, few)
def test_it_is_the_first_of_the_longest(written, source):
    start, stop = longest_copy(written, source)
    spans = [
        (a, b)
        for a in range(len(written))
        for b in range(a + 1, len(written) + 1)
        if stands_in(written[a:b], source)
    ]
    longest = max((b - a for a, b in spans), default=0)
    assert stop - start == longest
    assert (start, stop) == next((span for span in spans if span[1] - span[0] == longest), (0, 0))


def test_large_indices_and_those_of_surrogates_are_compared_as_numbers():
    assert longest_copy([0xD800, 0xDC00, 65_536, 1_114_111], [65_536, 1_114_111]) == (2, 4)
    assert longest_copy([0xD83D, 0xDE00], [0x1F600]) == (0, 0)
    assert longest_copy([0xD800], [0xD801]) == (0, 0)
    for odd in ([1_114_112], [-1], [1.5]):
        with pytest.raises(CoreError, match="`written`"):
            longest_copy(odd, [1])
