"""Numbers as they stand on screen and on paper: no exponent from .001 to 9,999.

The browser's components write them alike, by shared/format.js.
"""

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal

from core.analysis import Status

PLAIN_FROM, PLAIN_TO = 1e-3, 1e4
"""below the one, and from the other on, a number is written with an exponent"""
PLACES_TO = 1e9
"""from here on nobody counts decimals"""
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_EXACT = Context(prec=2000)
"""holds every float64, and 300 digits more"""
_TAIL = re.compile(r"\.(\d*?)0+(?=e|$)")


def power(log10: float, digits: int = 3) -> str:
    """10 ** log10 as 6.77e-05, also far outside what a float64 can hold."""
    exponent = math.floor(log10)
    mantissa = _decimals(10 ** (log10 - exponent), digits - 1)
    if float(mantissa) == 10:
        mantissa, exponent = _decimals(1, digits - 1), exponent + 1
    return f"{mantissa}e{exponent:+03d}"


def number(value: float) -> str:
    """Four decimals, or three digits and an exponent."""
    size = abs(value)
    return _special(value) or _sign(value) + _plain_or(4, size, 3, PLAIN_TO)


def fixed(value: float, decimals: int) -> str:
    """So many decimals up to a billion; never −0."""
    if not abs(value) < PLACES_TO:
        return significant(value)
    text = _decimals(abs(value), decimals)
    return (_sign(value) if float(text) else "") + _separated(text)


def significant(value: float, digits: int = 3, most: float = PLAIN_TO) -> str:
    """So many significant digits, and every digit before the point: 0.500, 1,234.

    Args:
        value: Any number.
        digits: At least 1.
        most: From here on it is written with an exponent.
    """
    if words := _special(value):
        return words
    size = abs(value)
    exponent = int(_exponential(size, digits).split("e")[1])
    decimals = min(max(0, digits - 1 - exponent), 100)
    return _sign(value) + _plain_or(decimals, size, digits, most)


def trimmed(text: str) -> str:
    """A number without zeros at its end."""
    return _TAIL.sub(lambda found: f".{found[1]}" if found[1] else "", text)


def brief(value: float) -> str:
    """Four decimals at most."""
    return trimmed(number(value))


def rounded(value: float, digits: int = 3) -> str:
    """So many significant digits at most: 0.5, 1,234."""
    return trimmed(significant(value, digits))


def magnitude(log10: float, digits: int = 3) -> str:
    """10 ** log10 with so many digits, of which all are certain: 0.00123, 1,200, 1.2e-13."""
    if log10 < -4 or log10 > 5:
        return power(log10, digits)
    size = 10**log10  # 9,999 with one digit is 10,000
    most = math.inf if size < PLAIN_TO else PLAIN_TO
    return significant(float(_exponential(size, digits)), digits, most)


def probability(p: float) -> str:
    """Four decimals, never rounded to a false 0 or 1."""
    if not math.isfinite(p):
        return "NaN"
    if 0 < p < 0.00005:
        return "<0.0001"
    if 0.99995 < p < 1:
        return ">0.9999"
    return _decimals(p or 0.0, 4)  # never −0


def gradient_norm(log10: float, status: int) -> str:
    """A norm given by its logarithm, or why it is no number."""
    words = {
        Status.EXACT_ZERO: "0 (exactly)",
        Status.UNDERFLOW: "underflow: not 0, but below what a float64 can hold",
        Status.NON_FINITE: "not finite",
    }
    if (kind := Status(status)) in words:
        return words[kind]
    return magnitude(log10)


def ten_to(exponent: int) -> str:
    """A label of a log axis: 10⁻⁵."""
    return "10" + str(exponent).translate(_RAISED)


def _special(value: float) -> str:
    """What is no plain number, in words; "" for every other."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+∞" if value > 0 else "−∞"
    return "" if value else "0"


def _sign(value: float) -> str:
    return "−" if value < 0 else ""


def _decimals(size: float, decimals: int) -> str:
    """Ties are rounded up, as JavaScript does; Python's own formats round them to even."""
    return f"{Decimal(size).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _EXACT):f}"


def _exponential(size: float, digits: int) -> str:
    """So many digits and an exponent of two digits at least: 6.77e-05."""
    exact = Decimal(size)
    exponent = exact.adjusted()
    mantissa = exact.scaleb(-exponent, _EXACT).quantize(
        Decimal(1).scaleb(1 - digits), ROUND_HALF_UP, _EXACT
    )
    if mantissa == 10:
        mantissa, exponent = mantissa / 10, exponent + 1
    return f"{mantissa:.{digits - 1}f}e{exponent:+03d}"


def _plain_or(decimals: int, size: float, digits: int, most: float) -> str:
    """So many decimals; with an exponent where that is clearer.

    What is rounded up to .001 is .001.
    """
    exponential = _exponential(size, digits)
    plain = float(exponential) >= PLAIN_FROM and size < most
    return _separated(_decimals(size, decimals)) if plain else exponential


def _separated(text: str) -> str:
    """The digits before the point in threes."""
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}{point}{rest}"
