"""Which tensors of a stranger's file are recurrent layers, told by PyTorch's names and shapes."""

import re
from collections.abc import Mapping

from torch import Tensor

from core.errors import CheckpointError
from core.models.checkpoints.parts import Matrix, RecurrentGroup
from core.models.checkpoints.reparametrised import Plain
from core.models.checkpoints.stacks import join_stacks
from core.models.checkpoints.wording import listed, shown, with_shapes
from core.models.spec import CellName

# Rows of weight_hh for each of its columns, which are the units.
_CELLS: dict[int, tuple[CellName, ...]] = {1: ("rnn_tanh", "rnn_relu"), 3: ("gru",), 4: ("lstm",)}

_PARAMETER = re.compile(
    r"(?P<prefix>(?:.*\.)?)(?P<kind>weight_ih|weight_hh|weight_hr|bias_ih|bias_hh)"
    r"_l(?P<layer>[0-9]{1,2})(?P<reverse>_reverse)?"
)

_Key = tuple[str, int, bool]  # kind, layer, whether of the reverse direction


def find_groups(plain: Plain) -> tuple[RecurrentGroup, ...]:
    """Finds the recurrent modules.

    Args:
        plain: The tensors of a file.

    Returns:
        At least one, in the order of the file; incomplete ones are left out if there are others.
        Modules numbered from 0 or 1 of which each reads the one before are one stack.

    Raises:
        CheckpointError: There is none that can be used.
    """
    found: dict[str, dict[_Key, Tensor]] = {}
    for name, tensor in plain.tensors.items():
        if match := _PARAMETER.fullmatch(name):
            key = (match["kind"], int(match["layer"]), match["reverse"] is not None)
            found.setdefault(match["prefix"], {})[key] = tensor
    groups, problems = [], []
    for prefix, parts in found.items():
        try:
            groups.append(_group(prefix, parts, plain))
        except CheckpointError as problem:
            problems.append(problem)
    if groups:
        return join_stacks(groups, plain.tensors)
    if problems:
        raise problems[0]
    raise CheckpointError(
        f"`data` holds {len(plain.tensors):,} tensors of floats ({with_shapes(plain.tensors)}) "
        "and no recurrent layer: the parameters weight_ih_l0, weight_hh_l0 and so on of an nn.RNN, "
        "nn.GRU or nn.LSTM, or those of an nn.*Cell, are needed. Save the whole model's "
        "state_dict()."
    )


def find_matrices(
    tensors: Mapping[str, Tensor], groups: tuple[RecurrentGroup, ...]
) -> tuple[Matrix, ...]:
    """Finds what can be a head or an embedding of one of the groups.

    Args:
        tensors: By name.
        groups: What `find_groups` gave.

    Returns:
        In the order of the file; last the biases that stand alone because their weight is shared
        with an embedding.
    """
    widths = {group.output_size for group in groups} | {group.input_size for group in groups}
    matrices: list[Matrix] = []
    by_shape: dict[tuple[int, int], Matrix | None] = {}
    for name, tensor in tensors.items():
        prefix, dot, last = name.rpartition(".")
        if last != "weight" or tensor.ndim != 2 or tensor.shape[1] not in widths:
            continue
        bias = tensors.get(f"{prefix}{dot}bias")
        has_bias = bias is not None and tuple(bias.shape) == (tensor.shape[0],)
        matrix = Matrix(prefix + dot, tensor.shape[0], tensor.shape[1], has_bias)
        matrices.append(matrix)
        by_shape[matrix.rows, matrix.columns] = (
            None if (matrix.rows, matrix.columns) in by_shape else matrix
        )
    for name, tensor in tensors.items():
        prefix, dot, last = name.rpartition(".")
        if last != "bias" or tensor.ndim != 1 or f"{prefix}{dot}weight" in tensors:
            continue
        shared = {
            each
            for group in groups
            if (each := by_shape.get((tensor.shape[0], group.output_size))) and not each.bias
        }
        if len(shared) == 1:
            tied = shared.pop()
            matrices.append(Matrix(prefix + dot, tied.rows, tied.columns, True, tied.prefix))
    return tuple(matrices)


def _group(prefix: str, parts: dict[_Key, Tensor], plain: Plain) -> RecurrentGroup:
    label = shown(prefix.removesuffix(".")) if prefix else "the outermost level"
    if any(kind == "weight_hr" for kind, _, _ in parts):
        raise _unusable(label, "has a projection (weight_hr_l0): an nn.LSTM with `proj_size`")
    first, recurrent = parts.get(("weight_ih", 0, False)), parts.get(("weight_hh", 0, False))
    if first is None or recurrent is None or first.ndim != 2 or recurrent.ndim != 2:
        strange = [
            name
            for name in plain.tensors
            if name.startswith(f"{prefix}parametrizations.")
            or (name.startswith(f"{prefix}weight_") and not _PARAMETER.fullmatch(name))
        ]
        if strange:
            raise _unusable(
                label,
                f"has parametrised weights ({listed(strange)}), computed in a way that no file "
                "tells: call torch.nn.utils.parametrize.remove_parametrizations on it, or what "
                "undoes its kind, before saving",
            )
        raise _unusable(label, "lacks weight_ih_l0 or weight_hh_l0, matrices both")
    rows, units = recurrent.shape
    if rows % units or rows // units not in _CELLS:
        raise _unusable(
            label,
            f"has weight_hh_l0 of shape {(rows, units)}, whose rows are not 1, 3 or 4 times its "
            "columns as those of an RNN, a GRU or an LSTM",
        )
    group = RecurrentGroup(
        prefix,
        _CELLS[rows // units],
        units,
        first.shape[1],
        num_layers=1 + max(layer for _, layer, _ in parts),
        bidirectional=any(reverse for _, _, reverse in parts),
        bias=any(kind.startswith("bias") for kind, _, _ in parts),
    )
    _require_complete(group, parts, label)
    return group


def _require_complete(group: RecurrentGroup, parts: dict[_Key, Tensor], label: str) -> None:
    rows = parts["weight_hh", 0, False].shape[0]
    held = {
        f"{kind}_l{layer}{'_reverse' * back}": part for (kind, layer, back), part in parts.items()
    }
    absent = [name for name in group.parameters if name not in held]
    if absent:
        raise _unusable(label, f"has {listed(held)}, but lacks {listed(absent)}")
    for name, part in held.items():
        columns = group.hidden_size
        if name.startswith("weight_ih"):
            columns = group.input_size if name.startswith("weight_ih_l0") else group.output_size
        shape = (rows,) if name.startswith("bias") else (rows, columns)
        if tuple(part.shape) != shape:
            raise _unusable(label, f"has {name} of shape {tuple(part.shape)}, not {shape}")


def _unusable(label: str, found: str) -> CheckpointError:
    return CheckpointError(
        f"`data` holds a recurrent layer that cannot be used: {label} {found}. Give the "
        "state_dict() of a model with a plain nn.RNN, nn.GRU or nn.LSTM."
    )
