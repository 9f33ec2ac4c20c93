"""What a file of weights holds, whoever wrote it, before anything in it is recognised."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from core.models.checkpoints.tensor_file import MAX_NAME
from core.models.checkpoints.tokens_in_file import FoundTokens, find_tokens, tokens_in_metadata

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
OPTIMISERS = re.compile(
    r"(?:.*_)?(?:optim|optims|optimizer|optimizers|optimiser|optimisers|scheduler|schedulers|"
    r"lr_schedulers|scaler|grad_scaler)(?:_.*)?",
    re.IGNORECASE,
)
_MAX_DEPTH = 6


@dataclass(frozen=True, eq=False)
class Contents:
    """The tensors of a file and what lies beside them.

    Attributes:
        tensors: Those of floats that are not empty, by name; a dict inside another puts its own
            key and a dot before the names ("state_dict.rnn.weight_ih_l0").
        unread: Names of the other tensors: of other types, empty, or of an optimiser.
        roots: For each name in `tensors` the part of it that the dicts around it gave:
            "state_dict.".
        tokens: Lists of texts that may be the vocabulary.
    """

    tensors: Mapping[str, Tensor]
    unread: tuple[str, ...] = ()
    roots: Mapping[str, str] = field(default_factory=dict)
    tokens: tuple[FoundTokens, ...] = ()


def of_mapping(content: Mapping[Any, Any]) -> Contents:
    """Takes apart what torch.load gave.

    Args:
        content: Dicts inside dicts.

    Returns:
        Its parts; each dict is visited once, for it may hold itself.
    """
    tensors: dict[str, Tensor] = {}
    roots: dict[str, str] = {}
    unread: list[str] = []
    for prefix, key, value in _leaves(content):
        name = f"{prefix}{key}"
        if not isinstance(value, Tensor) or len(name) > MAX_NAME:
            continue
        of_optimiser = any(OPTIMISERS.fullmatch(part) for part in prefix.split("."))
        if value.dtype in FLOATS and value.numel() and not of_optimiser:
            tensors[name], roots[name] = value.detach(), prefix
        else:
            unread.append(name)
    return Contents(tensors, tuple(unread), roots, find_tokens(content))


def of_tensor_file(
    tensors: Mapping[str, Tensor], unread: tuple[str, ...], metadata: Mapping[str, str]
) -> Contents:
    """Takes apart what a safetensors file holds.

    `safetensors.torch.save_model` leaves out tensors that share their memory with another and
    names that other in the metadata; they are put back.

    Args:
        tensors: Of floats.
        unread: Names of the others.
        metadata: Texts of the header.

    Returns:
        Its parts.
    """
    whole = dict(tensors)
    for name, kept in metadata.items():
        if kept in tensors and name not in tensors and len(name) <= MAX_NAME:
            whole[name] = tensors[kept]
    return Contents(whole, unread, dict.fromkeys(whole, ""), tokens_in_metadata(metadata))


def _leaves(content: Mapping[Any, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Prefix, key and value of everything that is no dict."""
    visited: set[int] = set()
    waiting: list[tuple[str, Mapping[Any, Any], int]] = [("", content, 0)]
    while waiting:
        prefix, mapping, depth = waiting.pop()
        if id(mapping) in visited or depth > _MAX_DEPTH or len(prefix) > MAX_NAME:
            continue
        visited.add(id(mapping))
        for key, value in mapping.items():
            # Before a name is put together: one long key may be in many dicts.
            if isinstance(key, str) and len(key) > MAX_NAME:
                continue
            if isinstance(value, Mapping):
                waiting.append((f"{prefix}{key}.", value, depth + 1))
            else:
                yield prefix, key, value
