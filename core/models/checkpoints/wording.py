"""How the sentences about a file show what was found in it: short, whatever it is."""

from collections.abc import Iterable, Mapping

from torch import Tensor

_MAX_SHOWN = 60
_MAX_LISTED = 4


def shown(value: object) -> str:
    """A value as an error shows it.

    Args:
        value: Anything.

    Returns:
        Its representation, at most 60 characters, all printable ASCII: what a file holds may be
        hostile to the screen as well.
    """
    try:
        text = ascii(value)
    except (ValueError, RecursionError):  # an integer of over 4,300 digits; lists in lists in ...
        return f"an {type(value).__name__} too long to print"
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "..."


def listed(names: Iterable[object]) -> str:
    """Names in a row, the first four of them.

    Args:
        names: Anything that can be printed.

    Returns:
        "a, b, c, d and 3 more"; "nothing" where there is none.
    """
    texts = [_short(str(name)) for name in names]
    if not texts:
        return "nothing"
    more = f" and {len(texts) - _MAX_LISTED:,} more" if len(texts) > _MAX_LISTED else ""
    return ", ".join(texts[:_MAX_LISTED]) + more


def with_shapes(tensors: Mapping[str, Tensor]) -> str:
    """Tensors in a row, each with its shape.

    Args:
        tensors: By name.

    Returns:
        "fc.weight (10, 32), fc.bias (10,)".
    """
    return listed(f"{_short(name)} {tuple(tensor.shape)}" for name, tensor in tensors.items())


def _short(text: str) -> str:
    printable = ascii(text)[1:-1]
    return printable if len(printable) <= _MAX_SHOWN else printable[: _MAX_SHOWN - 3] + "..."
