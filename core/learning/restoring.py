"""Tensors on their way back into a network and its optimiser, checked before any is used."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from core.errors import CoreError

Tensors = Mapping[str, Float[Tensor, "..."]]


def restore_weights(into: Tensors, values: Tensors, group: str = "weights") -> None:
    """Copies tensors by name, once all names, shapes and types are known to agree.

    Args:
        into: Where they go, changed in place.
        values: What they become.
        group: What they are called in the state.

    Raises:
        CoreError: A name is missing, one is too many, or a shape or type differs.
    """
    require_alike(into, values, group)
    with torch.no_grad():
        for name, tensor in into.items():
            tensor.copy_(values[name])


def require_alike(wanted: Tensors, found: Tensors, group: str) -> None:
    """Refuses tensors of other names, shapes or types than they must have.

    Args:
        wanted: By name, tensors of the shape and type that they must have.
        found: By name, what there is.
        group: What they are called in the state.

    Raises:
        CoreError: A name is missing, one is too many, or a shape or type differs.
    """
    for name in {**wanted, **found}:
        one, other = (
            None if tensor is None else f"{tensor.dtype} of shape {tuple(tensor.shape)}"
            for tensor in (found.get(name), wanted.get(name))
        )
        if one != other:
            raise CoreError(
                f"`{group}.{name}` (={one}) must be {other}, as the run's specs say: the file was "
                "changed or belongs to another run."
            )


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """What an optimiser remembers, as "<number of the parameter>.<name>"."""
    return {
        f"{place}.{name}": value
        for place, kept in optimiser.state_dict()["state"].items()
        for name, value in kept.items()
        if isinstance(value, Tensor)
    }


def restore_optimiser(optimiser: torch.optim.Optimizer, values: Tensors) -> None:
    """Gives an optimiser of the same kind what `optimiser_tensors` took from another.

    Args:
        optimiser: A new one, changed in place.
        values: What the other remembered; nothing before its first step.

    Raises:
        CoreError: They are not what an optimiser of this kind and network remembers.
    """
    parameters = [each for group in optimiser.param_groups for each in group["params"]]
    if isinstance(optimiser, torch.optim.Adam):  # AdamW is one too
        names = ("step", "exp_avg", "exp_avg_sq")
    else:
        names = ("momentum_buffer",) if optimiser.param_groups[0]["momentum"] else ()
    wanted = {
        f"{place}.{name}": torch.empty(()) if name == "step" else parameter
        for place, parameter in enumerate(parameters)
        for name in names
    }
    if values or not names:
        require_alike(wanted, values, "optimiser")
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in values.items():
        place, _, key = name.partition(".")
        state.setdefault(int(place), {})[key] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
