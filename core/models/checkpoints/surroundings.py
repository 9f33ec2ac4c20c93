"""What of a file is not rebuilt: whether it would change the network's output, and by what name.

A file of weights tells no program. What stands between the embedding, the recurrent layers and the
output layer (a normalisation, a hidden layer, a convolution) is seen by its tensors alone, and not
its place, its activation or its ε: a network shown without it would be another one. So a tensor is
harmless only where it clearly is, and all others are named.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.models.checkpoints.contents import OPTIMISERS
from core.models.checkpoints.ends import equal, is_called_output
from core.models.checkpoints.parts import Matrix, RecurrentGroup
from core.models.checkpoints.wording import listed, with_shapes

_LOSSES = re.compile(r"criterion|criterions|crit|loss|losses|loss_?fn|loss_?func(?:tion)?",
                     re.IGNORECASE)  # fmt: skip
_COUNTERS = re.compile(r"(?:.*_)?(?:step|steps|epoch|iter|iteration|num_updates|n_averaged|best.*)")
COPIES = re.compile(r"(?:.*_)?(?:ema|swa|shadow|teacher|target|averaged?|polyak)(?:_.*)?",
                    re.IGNORECASE)  # fmt: skip
_STATES = re.compile(
    r"(?:.*_)?(?:[hc]_?(?:0|zero|init)|hidden|state|init\w*)(?:_.*)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around the parts that are rebuilt.

    Attributes:
        between: Modules that would change the output, each with what it seems to be.
        harmless: Modules that do not, each with the reason.
    """

    between: tuple[str, ...]
    harmless: tuple[tuple[str, str], ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for each reason."""
        reasons: dict[str, list[str]] = {}
        for name, reason in self.harmless:
            reasons.setdefault(reason, []).append(name)
        return tuple(f"Not read: {listed(names)}, {reason}." for reason, names in reasons.items())


@dataclass(frozen=True, eq=False)
class Chosen:
    """The parts that are rebuilt.

    Attributes:
        group: The recurrent layers.
        head: The output layer; None where none is read.
        table: The embedding, or None.
    """

    group: RecurrentGroup
    head: Matrix | None
    table: Matrix | None

    @property
    def names(self) -> set[str]:
        """Of their tensors."""
        ends = [end for end in (self.head, self.table) if end is not None]
        return {*self.group.sources.values(), *(name for end in ends for name in end.names)}


def look_around(
    chosen: Chosen,
    tensors: Mapping[str, Tensor],
    roots: Mapping[str, str],
    others: Sequence[RecurrentGroup],
) -> Surroundings:
    """Sorts every tensor that is not rebuilt.

    Args:
        chosen: What is.
        tensors: Of the file, by name.
        roots: The dicts around each, as in `Contents`.
        others: The other recurrent groups of the file.

    Returns:
        What was found.
    """
    used = chosen.names
    first = next(iter(chosen.group.sources.values()))
    known = _Known(chosen, tensors, roots.get(first, ""), others)
    modules: dict[str, list[str]] = {}
    for name in tensors:
        if name not in used:
            modules.setdefault(name.rpartition(".")[0], []).append(name)
    between, harmless = [], []
    for module, names in modules.items():
        reasons = [known.why_harmless(name, roots.get(name, "")) for name in names]
        label = module or names[0]
        if all(reasons):
            harmless.append((label, reasons[0]))
        else:
            rest = [name for name, reason in zip(names, reasons, strict=True) if not reason]
            between.append(f"{label} ({_kind(module, rest, tensors)})")
    return Surroundings(tuple(between), tuple(harmless))


class _Known:
    """What is needed to tell whether one tensor changes the output."""

    def __init__(
        self,
        chosen: Chosen,
        tensors: Mapping[str, Tensor],
        root: str,
        others: Sequence[RecurrentGroup],
    ) -> None:
        self._chosen, self._tensors, self._root, self._others = chosen, tensors, root, others
        self._of_others = {name: o for o in others for name in o.sources.values()}
        ends = [end for end in (chosen.head, chosen.table) if end is not None]
        self._prefixes = [chosen.group.prefix, *chosen.group.members, *(e.prefix for e in ends)]
        self._twins: dict[tuple[int, ...], list[Tensor]] = {}
        for name in chosen.names:
            self._twins.setdefault(tuple(tensors[name].shape), []).append(tensors[name])
        self._columns = {
            t.shape[1]
            for name, t in tensors.items()
            if t.ndim == 2 and name not in self._of_others and name.endswith("weight")
        }
        self._places_of_others = _own_places(others, self._prefixes)

    def why_harmless(self, name: str, root: str) -> str:
        """The reason, or "" where it may change the output."""
        tensor = self._tensors[name]
        if root != self._root:
            return "kept beside the network's state dict"
        return self._by_name(name.split("."), tensor) or self._by_place(name, tensor)

    def _by_name(self, parts: list[str], tensor: Tensor) -> str:
        if any(_LOSSES.fullmatch(part) for part in parts[:-1]):
            return "part of a loss"
        if any(OPTIMISERS.fullmatch(part) for part in parts):
            return "part of an optimiser"
        if any(COPIES.fullmatch(part) for part in parts) and not self._is_ours(parts):
            return "a copy kept by the training"
        if _COUNTERS.fullmatch(parts[-1]) and tensor.numel() == 1:
            return "a counter"
        if _STATES.fullmatch(parts[-1]) and not torch.count_nonzero(tensor):
            return "a state of zeros"
        return ""

    def _by_place(self, name: str, tensor: Tensor) -> str:
        other = self._other_network(name, tensor)
        if other is not None:
            return (
                f"another network ({other.prefix.removesuffix('.')}): if it hands its output or "
                "state to this one, this one is shown without it, from a state of zeros"
            )
        if any(equal(tensor, twin) for twin in self._twins.get(tuple(tensor.shape), ())):
            return "the same numbers under a second name"
        if self._is_second_output(name, tensor):
            return "a second output layer"
        return ""

    def _is_ours(self, parts: list[str]) -> bool:
        marked = {part for prefix in self._prefixes for part in prefix.split(".")}
        return any(COPIES.fullmatch(part) and part in marked for part in parts)

    def _other_network(self, name: str, tensor: Tensor) -> RecurrentGroup | None:
        if name in self._of_others:
            return self._of_others[name]
        pieces = name.split(".")
        for depth in range(1, len(pieces)):
            other = self._places_of_others.get(".".join(pieces[:depth]) + ".")
            if other is not None:
                return other
        return next((o for o in self._others if self._could_be_end_of(o, name, tensor)), None)

    def _could_be_end_of(self, other: RecurrentGroup, name: str, tensor: Tensor) -> bool:
        """Whether sizes alone make it an end of the other network, and none of this one."""
        if name.rpartition(".")[2] == "bias":
            weight = self._tensors.get(name.removesuffix("bias") + "weight")
            return weight is not None and self._could_be_end_of(other, name[:-4] + "weight", weight)
        if tensor.ndim != 2 or not name.endswith("weight"):
            return False
        own = {self._chosen.group.input_size, self._chosen.group.output_size}
        return tensor.shape[1] in {other.input_size, other.output_size} - own

    def _is_second_output(self, name: str, tensor: Tensor) -> bool:
        head = self._chosen.head
        if head is None:
            return False
        if name.endswith("bias") and tensor.ndim == 1:
            weight = self._tensors.get(name.removesuffix("bias") + "weight")
            return weight is not None and self._is_second_output(name[:-4] + "weight", weight)
        if not name.endswith("weight") or tensor.ndim != 2 or tensor.shape[1] != head.columns:
            return False
        rows, place = tensor.shape[0], name[: -len("weight")]
        if rows in self._columns or rows < 2:  # something may read it; it may weigh the steps
            return False
        return rows == head.rows or (is_called_output(place) and "proj" not in place.lower())


def _own_places(
    others: Iterable[RecurrentGroup], prefixes: Sequence[str]
) -> dict[str, RecurrentGroup]:
    """Branches of the tree of names that hold another group and nothing that is rebuilt."""
    taken = {
        ".".join(prefix.split(".")[:depth]) + "."
        for prefix in prefixes
        for depth in range(1, prefix.count(".") + 1)
    }
    places: dict[str, RecurrentGroup] = {}
    for other in others:
        pieces = (other.members[0] if other.members else other.prefix).split(".")
        for depth in range(1, len(pieces)):
            place = ".".join(pieces[:depth]) + "."
            if place not in taken:
                places.setdefault(place, other)
                break
    return places


def _kind(module: str, names: Sequence[str], tensors: Mapping[str, Tensor]) -> str:
    """What a module seems to be, by the names and shapes of its tensors."""
    last = {name.rpartition(".")[2]: tensors[name] for name in names}
    weight = last.get("weight")
    if any(part == "parametrizations" for part in module.split(".")):
        return "a parametrised weight, computed in a way that the file does not describe"
    if any(name.startswith("in_proj") for name in last) or re.search("attn|attention", module):
        return "attention"
    if "running_mean" in last or "running_var" in last:
        return "a batch normalisation"
    if weight is None or weight.ndim == 0:
        return f"parameters {with_shapes(last)}"
    kinds = {
        1: "a normalisation of {0} numbers",
        2: "a layer or table of {0} rows and {1} columns",
    }
    return kinds.get(weight.ndim, "a convolution").format(*weight.shape)
