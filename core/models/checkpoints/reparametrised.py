"""Weights that a file holds in parts, put together as PyTorch does it in evaluation mode.

weight_norm keeps a length g and a direction v; pruning a weight and a mask; spectral_norm a weight
and two vectors; a weight-dropped LSTM (AWD-LSTM) a raw weight under another name. An nn.LSTMCell is
an nn.LSTM of one layer whose names lack the "_l0".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from core.models.checkpoints.wording import listed

_PARTS = re.compile(r"(?P<base>.+)_(?P<part>g|v|u|orig|mask|raw)")
_PARAMETRISED = re.compile(
    r"(?P<prefix>(?:.*\.)?)parametrizations\.(?P<name>[^.]+)\.(?P<part>original[01]?|0\._u|0\._v)"
)
_CELL = re.compile(r"(?P<name>(?:.*\.)?(?:weight_ih|weight_hh|bias_ih|bias_hh))")


@dataclass(frozen=True, eq=False)
class Plain:
    """Tensors under the names that a plain module would have.

    Attributes:
        tensors: By name, in the order of the file.
        made_of: For each tensor that has another name in the file, its names there.
        how: For each of them what was done: "weight_norm".
        cells: Prefixes of nn.*Cell modules.
    """

    tensors: Mapping[str, Tensor]
    made_of: Mapping[str, tuple[str, ...]]
    how: Mapping[str, str]
    cells: frozenset[str]


def plain_weights(tensors: Mapping[str, Tensor]) -> Plain:
    """Puts together what is exact, and leaves the rest as it is.

    Args:
        tensors: Of a file, by name.

    Returns:
        The tensors; those made of several are float64.
    """
    made: dict[str, tuple[str, tuple[str, ...], Callable[[], Tensor]]] = {}
    for target, parts in _families(tensors).items():
        found = _put_together(target, parts, tensors)
        if found is not None:
            how, compute = found
            made[target] = (how, tuple(parts.values()), compute)
    target_of = {name: target for target, (_, names, _) in made.items() for name in names}
    result: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        target = target_of.get(name, name)
        if target in made and target not in result:
            result[target] = made[target][2]()
        elif target not in made:
            result[name] = tensor
    renamed = _as_sequences(result)
    cells = frozenset(
        name.rpartition(".")[0] + "." * ("." in name) for name in result if name not in renamed
    )
    origin = {name: names for name, (_, names, _) in made.items()}
    final_names = dict(zip(renamed, result, strict=True))
    return Plain(
        renamed,
        {new: origin.get(old, (old,)) for new, old in final_names.items()
         if new != old or old in origin},
        {new: made[old][0] for new, old in final_names.items() if old in made},
        cells,
    )  # fmt: skip


def _families(tensors: Mapping[str, Tensor]) -> dict[str, dict[str, str]]:
    """By the name of the whole weight: its parts, and the names they have in the file."""
    families: dict[str, dict[str, str]] = {}
    for name in tensors:
        if match := _PARAMETRISED.fullmatch(name):
            families.setdefault(match["prefix"] + match["name"], {})[match["part"]] = name
            continue
        place, dot, last = name.rpartition(".")
        if match := _PARTS.fullmatch(last):
            families.setdefault(f"{place}{dot}{match['base']}", {})[match["part"]] = name
    return families


def _put_together(
    target: str, parts: dict[str, str], tensors: Mapping[str, Tensor]
) -> tuple[str, Callable[[], Tensor]] | None:
    """What was done to the weight, and how to compute it; None for what is not known."""
    held = {part: tensors[name] for part, name in parts.items()}
    shapes = {part: tuple(tensor.shape) for part, tensor in held.items()}
    match sorted(parts):
        case ["g", "v"] | ["original0", "original1"] as names:
            length, direction = (held[name] for name in names)
            if _is_length(length, direction):
                return "weight_norm", lambda: _weight_norm(length, direction)
        case ["mask", "orig"] if shapes["mask"] == shapes["orig"]:
            return "pruning", lambda: held["orig"].double() * held["mask"].double()
        case ["orig", "u", "v"] if _are_vectors(held["orig"], held["u"], held["v"]):
            return "spectral_norm", lambda: _spectral_norm(held["orig"], held["u"], held["v"])
        case ["0._u", "0._v", "original"]:
            whole, left, right = held["original"], held["0._u"], held["0._v"]
            if _are_vectors(whole, left, right):
                return "spectral_norm", lambda: _spectral_norm(whole, left, right)
        case ["raw"]:
            return "weight dropout, which rests when a model is evaluated", lambda: held["raw"]
    return None


def _is_length(length: Tensor, direction: Tensor) -> bool:
    if direction.ndim != 2:
        return False
    rows, columns = direction.shape
    return tuple(length.shape) in ((rows, 1), (1, columns), (1, 1), ())


def _weight_norm(length: Tensor, direction: Tensor) -> Tensor:
    """W = g v / ‖v‖, the norm over the axes along which g has one number."""
    g, v = length.double(), direction.double()
    axes = [axis for axis in range(v.ndim) if g.ndim != v.ndim or g.shape[axis] == 1]
    return v * (g / torch.linalg.vector_norm(v, dim=axes, keepdim=True))


def _are_vectors(weight: Tensor, left: Tensor, right: Tensor) -> bool:
    return weight.ndim == 2 and (tuple(left.shape), tuple(right.shape)) == (
        (weight.shape[0],),
        (weight.shape[1],),
    )


def _spectral_norm(weight: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """W / (uᵀ W v), u and v as the last training step left them."""
    w = weight.double()
    return w / (left.double() @ w @ right.double())


def _as_sequences(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Cells under the names of a layer; the raw weight of a weight-dropped module beside it."""
    result: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if _CELL.fullmatch(name) and f"{name}_l0" not in tensors:
            result[f"{name}_l0"] = tensor
        else:
            result[name] = tensor
    return result


def inside_wrappers(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Raw weights moved from a wrapper into the module it wraps: "rnn." to "rnn.module.".

    Args:
        tensors: Of a file, by name.

    Returns:
        The same tensors, where "rnn.weight_hh_l0_raw" stands beside "rnn.module.weight_ih_l0"
        under "rnn.module.weight_hh_l0_raw"; the copy that dropout left in the module is gone.
    """
    result: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        place, dot, last = name.rpartition(".")
        inner = f"{place}{dot}module."
        whole = last.removesuffix("_raw")
        if last != whole and f"{inner}{whole.replace('_hh', '_ih')}" in tensors:
            result[f"{inner}{last}"] = tensor
        else:
            result[name] = tensor
    return {name: tensor for name, tensor in result.items() if f"{name}_raw" not in result}


def notes_on(plain: Plain, names: tuple[str, ...]) -> tuple[str, ...]:
    """What was put together of the tensors that are used, as notes.

    Args:
        plain: What `plain_weights` gave.
        names: Of the tensors in use.

    Returns:
        A sentence for each kind.
    """
    by_kind: dict[str, list[str]] = {}
    for name in names:
        if name in plain.how:
            by_kind.setdefault(plain.how[name], []).append(name)
    return tuple(
        f"{listed(made)}: computed from the parts that the file holds, as {how} does."
        if "_norm" in how or how == "pruning"
        else f"{listed(made)}: read without {how}."
        for how, made in by_kind.items()
    )
