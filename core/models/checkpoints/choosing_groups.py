"""Which recurrent module of a file is meant, and which cell it is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from torch import Tensor

from core.errors import CheckpointError
from core.models.checkpoints.ends import equal
from core.models.checkpoints.parts import RecurrentGroup
from core.models.checkpoints.stacks import in_series
from core.models.checkpoints.surroundings import COPIES
from core.models.checkpoints.wording import listed, shown
from core.models.spec import CellName


def choose_group(
    groups: Sequence[RecurrentGroup],
    tensors: Mapping[str, Tensor],
    asked: RecurrentGroup | str | None,
) -> RecurrentGroup:
    """The group that was asked for, or the only one there is.

    Args:
        groups: Those of the file.
        tensors: Of the file, by name.
        asked: The group, its name or the end of it; None for the only one.

    Raises:
        CheckpointError: A choice is needed, or there is no such group.
    """
    fitting = [each for each in groups if asked is None or _is_group(each, asked)]
    if asked is None and len(fitting) > 1:
        fitting = _originals(groups, tensors)
    if len(fitting) == 1:
        return fitting[0]
    series = (
        " They could be a stack whose layers differ in size or kind, which is not one that can "
        "be drawn."
        if asked is None and in_series(fitting)
        else ""
    )
    raise CheckpointError(
        f"`group` (={_given(asked)}) must be one of the {len(groups)} recurrent "
        f"modules of the file: {listed(map(label, groups))}.{series}"
    )


def _originals(
    groups: Sequence[RecurrentGroup], tensors: Mapping[str, Tensor]
) -> list[RecurrentGroup]:
    """The groups without copies of another: averages, and second names for one module."""
    kept: list[RecurrentGroup] = []
    for group in groups:
        if kept and is_copy(group.prefix) and not is_copy(kept[0].prefix):
            continue
        if not any(_same(group, other, tensors) for other in kept):
            kept.append(group)
    return kept


def _same(one: RecurrentGroup, other: RecurrentGroup, tensors: Mapping[str, Tensor]) -> bool:
    if replace(one, prefix="", members=()) != replace(other, prefix="", members=()):
        return False
    a, b = one.sources, other.sources
    return all(equal(tensors[a[name]], tensors[b[name]]) for name in a)


def cell_of(group: RecurrentGroup, cell: CellName | None) -> CellName:
    """The cell that was asked for, or the only one that the shapes leave.

    Raises:
        CheckpointError: A choice is needed, or does not fit.
    """
    if cell is None and len(group.cells) > 1:
        raise CheckpointError(
            f"`cell` must be given: the weights of {label(group)} are those of an nn.RNN, "
            f"whose file does not say which nonlinearity it has. Choose {' or '.join(group.cells)}."
        )
    if cell is not None and cell not in group.cells:
        raise CheckpointError(
            f"`cell` (={shown(cell)}) must be {' or '.join(group.cells)}: the shapes of "
            f"{label(group)} leave no other."
        )
    return cell or next(iter(group.cells))


def is_copy(prefix: str) -> bool:
    """Whether a module is named as the copies that a training keeps."""
    return any(COPIES.fullmatch(part) for part in prefix.split("."))


def _is_group(candidate: RecurrentGroup, asked: RecurrentGroup | str) -> bool:
    if isinstance(asked, str):
        name = asked.removesuffix(".")
        own = candidate.prefix.removesuffix(".")
        return own == name or own.endswith(f".{name}")
    return candidate == asked


def _given(asked: RecurrentGroup | str | None) -> str:
    return shown(asked if asked is None or isinstance(asked, str) else asked.prefix)


def label(group: RecurrentGroup) -> str:
    """What a sentence calls a group."""
    return group.prefix.removesuffix(".") or "the outermost level"
