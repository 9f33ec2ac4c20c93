"""Numbers on screen: one rule, the same in Python and in the browser's components."""

import math
import re

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from app import digits
from tests.components import answer_in_node

SIGN = "−"
DIGITS = (1, 2, 3, 4, 8)
PROGRAM = """
import {
  brief, fixed, gradientNorm, magnitude, number, power, probability, rounded, significant,
} from "./shared/format.js";
const DIGITS = [1, 2, 3, 4, 8];
const of = (value) => [
  number(value), brief(value),
  probability(value >= 0 && value <= 1 ? value : NaN), significant(value, 3, 1e6),
  ...[0, 1, 2, 3].map((decimals) => fixed(value, decimals)),
  ...DIGITS.flatMap((digits) => [significant(value, digits), rounded(value, digits)]),
];
const by = (log10) => [gradientNorm(log10, 0), ...DIGITS.flatMap((digits) =>
  [magnitude(log10, digits), power(log10, digits)])];
const answer = ({ values, sizes }) => [
  values.map((value) => of(Number(value))), sizes.map((log10) => by(Number(log10)))];
"""
ODD = [
    0.0, -0.0, 1.0, 0.001, 0.00099996, 0.0009995, 0.00095, 9999.0, 9999.5, 9999.99996, 10000.0,
    999.95, 999.5, 0.5, 1.5, 2.5, 0.125, 0.00005, -0.00004, 1 / 3, 1e21, 1e22, 5e-324, 1.7e308,
    123456.789, 1e6, 999999.5, math.inf, -math.inf, math.nan,
]  # fmt: skip
PLAIN = st.floats(0.001, 9999) | st.floats(-9999, -0.001)


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A folder in which JavaScript answers."""
    return tmp_path_factory.mktemp("node")


def of(value: float) -> list[str]:
    """Everything that is written of a value."""
    return [
        *(
            digits.number(value),
            digits.brief(value),
            digits.probability(value if 0 <= value <= 1 else math.nan),
        ),
        digits.significant(value, 3, 1e6),
        *(digits.fixed(value, decimals) for decimals in range(4)),
        *(write(value, n) for n in DIGITS for write in (digits.significant, digits.rounded)),
    ]


def by(log10: float) -> list[str]:
    """Everything that is written of a size given by its logarithm."""
    both = (write(log10, n) for n in DIGITS for write in (digits.magnitude, digits.power))
    return [digits.gradient_norm(log10, 0), *both]


def in_javascript(node, values, sizes) -> list:
    return answer_in_node(node, PROGRAM, {
        "values": list(map(word, values)), "sizes": list(map(word, sizes)),
    })  # fmt: skip


def word(value: float) -> str:
    """As JavaScript's Number reads it."""
    return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, repr(value))


def read(text: str) -> float:
    """The number that a reader takes from a text."""
    return float(text.replace(SIGN, "-").replace(",", ""))


@pytest.mark.parametrize(
    ("write", "shown"),
    [
        (digits.number(0.25), "0.2500"),
        (digits.number(-1234.56789), "−1,234.5679"),
        (digits.number(0.001), "0.0010"),
        (digits.number(9999.0), "9,999.0000"),
        (digits.number(12345), "1.23e+04"),
        (digits.number(6.77e-5), "6.77e-05"),
        (digits.number(-0.0), "0"),
        (digits.brief(2.5), "2.5"),
        (digits.brief(100.0), "100"),
        (digits.significant(0.5), "0.500"),
        (digits.significant(1234.5), "1,235"),
        (digits.significant(9999.4), "9,999"),
        (digits.significant(27345.1, most=1e6), "27,345"),
        (digits.rounded(0.5), "0.5"),
        (digits.rounded(100.0), "100"),
        (digits.rounded(1e-9), "1e-09"),
        (digits.rounded(math.inf), "+∞"),
        (digits.fixed(-0.0004, 3), "0.000"),
        (digits.fixed(-1234.5, 2), "−1,234.50"),
        (digits.magnitude(math.log10(1234)), "1,230"),
        (digits.magnitude(-400.5), "3.16e-401"),
        (digits.gradient_norm(3.5, 0), "3,160"),
    ],
)
def test_how_a_number_is_written(write, shown):
    assert write == shown


def test_both_languages_write_odd_numbers_alike(node):
    sizes = [-400.5, -16.0, -4.0, -3.0, -2.9999, -1.0, 0.0, 3.0, 3.99999, 4.0, 5.0, 300.0, 307.5]
    values, given_by = in_javascript(node, ODD, sizes)
    assert values == list(map(of, ODD))
    assert given_by == list(map(by, sizes))


@settings(max_examples=15, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(
    st.lists(st.floats() | PLAIN | st.floats(0, 1), min_size=40, max_size=60),
    st.lists(st.floats(-400, 300), min_size=20, max_size=30),
)
def test_both_languages_write_any_number_alike(node, values, sizes):
    written, given_by = in_javascript(node, values, sizes)
    assert written == list(map(of, values))
    assert given_by == list(map(by, sizes))


@given(PLAIN)
@example(0.001)
@example(9999.0)
@example(-9998.9999)
def test_no_exponent_from_a_thousandth_to_9999(value):
    for text in [*of(value)[:2], *of(value)[3:], *by(math.log10(abs(value)))[1::2]]:
        assert "e" not in text
        assert re.fullmatch(r"−?\d{1,3}(,\d{3})*(\.\d+)?", text), text


@given(st.floats(-1e300, 1e300))
def test_what_is_read_is_the_number(value):
    for n in DIGITS:
        written = read(digits.significant(value, n))
        assert written == pytest.approx(value, rel=0.51 * 10.0 ** (1 - n), abs=1e-320)
        assert read(digits.rounded(value, n)) == pytest.approx(written, rel=1e-12)
    assert not re.match(r"−0(\.0*)?$", digits.fixed(value, 2))
    assert "-" not in digits.fixed(value, 2)
