"""Recurrent modules that are one stack: numbered, each reading what the one before it gives."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from torch import Tensor

from core.models.checkpoints.parts import RecurrentGroup

_NUMBER = re.compile(r"[0-9]{1,3}")
_MOST = 16  # of them in a stack: twice what can be shown
_MAX_DEPTH = 12


def join_stacks(
    groups: Sequence[RecurrentGroup], tensors: Mapping[str, Tensor]
) -> tuple[RecurrentGroup, ...]:
    """Makes one group of modules such as "rnns.0", "rnns.1" or "lstm1", "lstm2".

    Args:
        groups: Single modules.
        tensors: Of the file, by name.

    Returns:
        The groups, a stack in the place of its lowest layer.
    """
    single = {g.prefix: g for g in groups if g.num_layers == 1}
    joined: dict[str, RecurrentGroup] = {}
    taken: set[str] = set()
    outputs = _outputs_within(tensors)
    for members in sorted(_numbered(single), key=len, reverse=True):
        chain = [single[prefix] for prefix in members]
        if taken.isdisjoint(members) and _chains(chain) and not _own_heads(chain, outputs):
            taken |= {*members}
            joined[members[0]] = replace(
                chain[0], prefix="+".join(m.removesuffix(".") for m in members) + ".",
                num_layers=len(members), members=members,
            )  # fmt: skip
    return tuple(
        joined.get(group.prefix, group)
        for group in groups
        if group.prefix not in taken or group.prefix in joined
    )


def in_series(groups: Sequence[RecurrentGroup]) -> bool:
    """Whether each of several groups could read the one before it, sizes alone considered."""
    return len(groups) > 1 and all(
        above.input_size == below.output_size for below, above in pairwise(groups)
    )


def _numbered(single: Mapping[str, RecurrentGroup]) -> Iterator[tuple[str, ...]]:
    """Prefixes that differ in one number alone, which counts from 0 or 1."""
    families: dict[tuple[str, str], dict[int, str]] = {}
    for prefix in single:
        for match in _NUMBER.finditer(prefix):
            place = prefix[: match.start()], prefix[match.end() :]
            families.setdefault(place, {})[int(match[0])] = prefix
    for numbers in families.values():
        order = sorted(numbers)
        if (
            1 < len(order) <= _MOST
            and order[0] in (0, 1)
            and order[-1] - order[0] == len(order) - 1
        ):
            yield tuple(numbers[number] for number in order)


def _chains(chain: Sequence[RecurrentGroup]) -> bool:
    """Whether they are of one kind and size, and each reads all that the one before gives."""
    first = chain[0]
    alike = all(
        (g.cells, g.hidden_size, g.bidirectional, g.bias)
        == (first.cells, first.hidden_size, first.bidirectional, first.bias)
        for g in chain
    )
    return alike and in_series(chain)


def _outputs_within(tensors: Mapping[str, Tensor]) -> dict[str, set[int]]:
    """For each place in the tree of names the columns of the oblong matrices within."""
    columns: dict[str, set[int]] = {}
    for name, tensor in tensors.items():
        if name.endswith(".weight") and tensor.ndim == 2 and tensor.shape[0] != tensor.shape[1]:
            parts = name.split(".")[:_MAX_DEPTH]
            for depth in range(1, len(parts)):
                columns.setdefault(".".join(parts[:depth]), set()).add(tensor.shape[1])
    return columns


def _own_heads(chain: Sequence[RecurrentGroup], outputs: Mapping[str, set[int]]) -> bool:
    """Whether each has an output layer beside it: they are networks of their own then."""
    beside = [group.prefix.removesuffix(".").rpartition(".")[0] for group in chain]
    return len(set(beside)) == len(beside) and all(
        group.output_size in outputs.get(place, ())
        for place, group in zip(beside, chain, strict=True)
    )
