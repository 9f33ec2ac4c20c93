"""Eigenvalues and singular values of the recurrent weights, block by block."""

from dataclasses import dataclass

import torch
from jaxtyping import Complex128, Float64
from torch import Tensor, nn

from core.capture import LayerTrace
from core.capture.modules import cell_of, parameters, places
from core.errors import CoreError
from core.progress import checkpoint


@dataclass(frozen=True, eq=False)
class BlockSpectrum:
    """The spectrum of one square block of W_hh.

    Attributes:
        gate: PyTorch's name of the gate the block feeds: "reset", "update", "new" (GRU), "input",
            "forget", "cell", "output" (LSTM); "recurrent" for a plain RNN, which has one block.
        eigenvalues: complex, the largest modulus first, (H,).
        singular_values: the largest first, (H,).
    """

    gate: str
    eigenvalues: Complex128[Tensor, " unit"]
    singular_values: Float64[Tensor, " unit"]

    @property
    def radius(self) -> float:
        """The spectral radius: the largest modulus of an eigenvalue."""
        return float(self.eigenvalues[0].abs())

    @property
    def sigma_max(self) -> float:
        """The largest singular value: the most the block can stretch a vector in one step."""
        return float(self.singular_values[0])


def spectrum(trace: LayerTrace) -> tuple[BlockSpectrum, ...]:
    """The spectrum of each block of a captured layer's W_hh, in PyTorch's order.

    Raises:
        CoreError: if a weight is not finite.
    """
    recurrence = trace.recurrence()
    return _blocks(recurrence.weights.weight_hh, recurrence.cell.gate_names, trace.name)


def module_spectra(module: nn.Module) -> dict[str, tuple[BlockSpectrum, ...]]:
    """The same for every layer and direction of any module, without running it.

    Args:
        module: contains nn.RNN, nn.GRU, nn.LSTM layers or their cells, or is one.

    Returns:
        For each layer, under the name it has on a tape ("rnn.l0"), the spectrum of its blocks.

    Raises:
        CoreError: if a weight is not finite.
    """
    found = {}
    for name, part in module.named_modules():
        if isinstance(part, nn.RNNBase):
            suffixes = [place.suffix for place in places(part)]
        elif isinstance(part, nn.RNNCellBase):
            suffixes = [""]
        else:
            continue
        for suffix, weights in zip(suffixes, parameters(part), strict=True):
            full = ".".join(piece for piece in (name, suffix) if piece)
            found[full] = _blocks(weights.weight_hh, cell_of(part).gate_names, full)
    return found


def _blocks(weight_hh: Tensor, gates: tuple[str, ...], layer: str) -> tuple[BlockSpectrum, ...]:
    weight = weight_hh.detach().double().cpu()
    if not weight.isfinite().all():
        raise CoreError(
            f"`weight_hh` (of {layer!r}) must be finite to have a spectrum: "
            "take a checkpoint from before training diverged."
        )
    names = gates or ("recurrent",)
    found = []
    for place, name in enumerate(names):
        checkpoint(place, len(names))
        block = weight.unflatten(0, (len(names), -1))[place]
        eigenvalues = torch.linalg.eigvals(block)
        order = eigenvalues.abs().argsort(descending=True, stable=True)
        singular = torch.linalg.svdvals(block)
        found.append(BlockSpectrum(name, eigenvalues[order], singular))
    return tuple(found)
