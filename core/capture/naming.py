"""The names of layers, and every other name that they answer to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import nn

from core.capture.modules import places
from core.capture.torch_internals import CELLS, SEQUENCES
from core.errors import CaptureError


@dataclass(frozen=True)
class Names:
    """What the layers of a model are called.

    Attributes:
        layers: every name of a layer, to the name it is recorded under. They differ where one
            module has several names in the model: the first is recorded.
        modules: every name of a recurrent module, to the layers it is recorded under.
        module_of: the module of every layer that is recorded.
    """

    layers: dict[str, str]
    modules: dict[str, tuple[str, ...]]
    module_of: dict[str, str]

    def layer(self, name: object) -> str:
        """The name that a layer is recorded under.

        Raises:
            CaptureError: if there is no such layer, or the module has several.
        """
        if isinstance(name, str) and name in self.layers:
            return self.layers[name]
        known = ", ".join(f'"{known}"' for known in self.layers)
        if not isinstance(name, str) or name not in self.modules:
            raise CaptureError(f"There is no layer named {name!r} here; the names are {known}.")
        only, *others = self.modules[name]
        if others:
            raise CaptureError(
                f"{name!r} is a module of {1 + len(others)} layers and directions: ask for one of "
                f"them; the names here are {known}."
            )
        return only


def names_of(recurrent: Mapping[str, nn.Module], every: Mapping[str, nn.Module]) -> Names:
    """The names in a model.

    Args:
        recurrent: the modules to record, each once, by their first name.
        every: all modules by all their names.
    """
    first = {id(module): name for name, module in recurrent.items()}
    layers: dict[str, str] = {}
    modules: dict[str, tuple[str, ...]] = {}
    for name, module in every.items():
        if id(module) in first:
            recorded = layer_names(first[id(module)], module)
            layers.update(zip(layer_names(name, module), recorded, strict=True))
            modules[name] = tuple(recorded)
    module_of = {
        layer: name for name, module in recurrent.items() for layer in layer_names(name, module)
    }
    return Names(layers, modules, module_of)


def layer_names(name: str, module: nn.Module) -> list[str]:
    """The names of a module's layers: its own and PyTorch's suffix; of a cell its own, or "l0"."""
    if isinstance(module, nn.RNNBase):
        return [f"{name}.{place.suffix}" if name else place.suffix for place in places(module)]
    return [name or "l0"]


def modules_of(model: object) -> tuple[nn.Module, ...]:
    """What a model to capture consists of, as one module or several.

    Raises:
        CaptureError: if it is not a module nor a sequence or mapping of modules.
    """
    if isinstance(model, nn.Module):
        return (model,)
    if isinstance(model, Mapping):
        parts = tuple(model.values())
    elif isinstance(model, Iterable) and not isinstance(model, str | bytes):
        parts = tuple(model)
    else:
        parts = ()
    if not parts or not all(isinstance(part, nn.Module) for part in parts):
        raise CaptureError(
            f"`model` (={model!r}) must be a torch.nn.Module, or a list or dictionary of them."
        )
    return parts


def every_name(model: object) -> dict[str, nn.Module]:
    """All modules by all their names, as PyTorch gives them.

    Several modules are named as in an nn.ModuleList or nn.ModuleDict: "0.gru", "decoder.gru". A
    name of the model itself is "".
    """
    parts = modules_of(model)
    if isinstance(model, nn.Module):
        return dict(model.named_modules(remove_duplicate=False))
    prefixes = [str(key) for key in model] if isinstance(model, Mapping) else range(len(parts))
    return {
        name: module
        for prefix, part in zip(prefixes, parts, strict=True)
        for name, module in part.named_modules(prefix=str(prefix), remove_duplicate=False)
    }


def recurrent_of(every: Mapping[str, nn.Module]) -> dict[str, nn.Module]:
    """The recurrent modules, each once, by the first of its names."""
    seen: set[int] = set()
    found = {}
    for name, module in every.items():
        if isinstance(module, SEQUENCES + CELLS) and id(module) not in seen:
            seen.add(id(module))
            found[name] = module
    return found
