"""Numbers as they stand in pictures and on paper, rounded as the explorer rounds them."""

import math

from core.analysis import Status

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(log10: float) -> str:
    """10 ** log10 as 6.77e-05, also far outside what a float64 can hold."""
    exponent = math.floor(log10)
    mantissa = f"{10 ** (log10 - exponent):.2f}"
    if mantissa == "10.00":
        mantissa, exponent = "1.00", exponent + 1
    return f"{mantissa}e{exponent:+03d}"


def value(number: float) -> str:
    """Four decimals, or three digits and an exponent."""
    if math.isnan(number):
        return "NaN"
    sign, size = "−" if number < 0 else "", abs(number)
    if math.isinf(size):
        return f"{sign or '+'}∞"
    if size == 0:
        return "0"
    return sign + (f"{size:.4f}" if 1e-3 <= size < 1e4 else power(math.log10(size)))


def brief(number: float) -> str:
    """The same without zeros at the end."""
    written = value(number)
    return written.rstrip("0").rstrip(".") if "." in written and "e" not in written else written


def probability(p: float) -> str:
    """Four decimals, never rounded to a false 0 or 1."""
    if not math.isfinite(p):
        return "NaN"
    if 0 < p < 0.00005:
        return "<0.0001"
    if 0.99995 < p < 1:
        return ">0.9999"
    return f"{p:.4f}"


def gradient_norm(log10: float, status: int) -> str:
    """A norm given by its logarithm, or why it is no number."""
    words = {
        Status.EXACT_ZERO: "0 (exactly)",
        Status.UNDERFLOW: "underflow: not 0, but below what a float64 can hold",
        Status.NON_FINITE: "not finite",
    }
    if (kind := Status(status)) in words:
        return words[kind]
    return f"{10**log10:.3g}" if -3 <= log10 < 4 else power(log10)


def ten_to(exponent: int) -> str:
    """A label of a log axis: 10⁻⁵."""
    return "10" + str(exponent).translate(_RAISED)
