"""What stands for the values of a pickle that is rehearsed, and the sentences that refuse one."""

from dataclasses import dataclass

from core.errors import CheckpointError
from core.models.checkpoints.wording import shown

ORDERED_DICT = "collections OrderedDict"
TENSOR = "torch._utils _rebuild_tensor_v2"
PARAMETER = "torch._utils _rebuild_parameter"
STORAGES = frozenset(
    f"torch {kind}Storage"
    for kind in (
        *("Half", "BFloat16", "Float", "Double", "ComplexFloat", "ComplexDouble"),
        *("Bool", "Byte", "Char", "Short", "Int", "Long"),
    )
)


@dataclass(frozen=True, slots=True)
class Name:
    """A function or class, by "module name"."""

    text: str


@dataclass(frozen=True, slots=True)
class Storage:
    """The numbers of one tensor or of several, by the name of their type and how many there are."""

    key: str
    kind: str
    numel: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """A dict or OrderedDict; fresh until it is taken from the memo, where others may hold it."""

    fresh: bool = True


FRESH, SHARED = Mapping(), Mapping(fresh=False)
TENSOR_MADE = object()


def foreign_object(name: str) -> CheckpointError:
    """A class or function that no tensor needs."""
    if name.startswith("torch.nn."):
        return CheckpointError(
            f"`data` is a whole pickled model (it asks for {shown(name)}), which runs its own "
            "program when it is opened: where the model's code is, convert it with "
            "torch.save(torch.load(path, weights_only=False).state_dict(), new_path)."
        )
    return CheckpointError(
        f"`data` asks for {shown(name)}, a program that is not run here: if it is a whole model, "
        "convert it with torch.save(torch.load(path, weights_only=False).state_dict(), new_path); "
        "if the object lies beside the weights, save the state_dict alone."
    )


def refused(found: str) -> CheckpointError:
    """What a state dict never needs."""
    return CheckpointError(
        f"`data` {found}, which a file of weights never needs: save the weights alone, with "
        "torch.save(model.state_dict(), path)."
    )
