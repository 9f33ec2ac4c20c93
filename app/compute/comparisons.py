"""Networks worth seeing beside the one that is chosen."""

from dataclasses import replace
from typing import Literal

from app.compute import trained
from app.compute.networks import Network
from app.digits import rounded
from app.theme import CELL_LABELS
from core.models import CellName, InitialisationName, LargeSpec, ModelSpec

Comparison = Literal["alone", "training", "cells", "radius", "start", "activation"]
Named = tuple[str, Network]
BESIDE = (0.9, 1.1)
"""spectral radii that stand beside the chosen one"""


def networks(kind: Comparison, network: Network, radius: float) -> list[Named]:
    """The networks of one comparison, the chosen one or its kin first.

    Args:
        kind: "alone"; "training", before and after; "cells", RNN, GRU and LSTM, trained where the
            chosen one is from the box; "radius", untrained with three spectral radii; "start",
            three ways to draw the weights; "activation", the plain RNN with tanh and ReLU.
        network: the chosen one.
        radius: spectral radius of "radius".
    """
    spec = network.spec
    if isinstance(spec, LargeSpec):
        kind = "alone"  # its like are not drawn here: they are larger than may be
    match kind:
        case "alone":
            return [_named(network)]
        case "training":
            return training(network)
        case "cells":
            return cells(network)
        case "radius":
            radii = [radius, *(each for each in BESIDE if each != radius)]
            cell = CELL_LABELS[spec.cell]
            return [(f"untrained {cell}, ρ = {rounded(each)}", _scaled(spec, each))
                    for each in radii]  # fmt: skip
        case "start":
            return [
                ("untrained, PyTorch’s default", _drawn(spec, "pytorch")),
                ("untrained, orthogonal", _drawn(spec, "orthogonal")),
                ("untrained, normal, σ = 0.25", _drawn(spec, "normal")),
            ]
        case "activation":
            return [("untrained, tanh", Network(replace(spec, cell="rnn_tanh"))),
                    ("untrained, ReLU", Network(replace(spec, cell="rnn_relu")))]  # fmt: skip


def training(network: Network) -> list[Named]:
    """A trained network and its start; an untrained one is alone."""
    if network.checkpoint is None or isinstance(network.spec, LargeSpec):
        return [_named(network)]
    return [_named(network), _named(Network(network.spec))]


def cells(network: Network) -> list[Named]:
    """RNN, GRU and LSTM: those in the box that learnt the same text, or untrained ones."""
    boxed = () if network.checkpoint is None else trained.siblings(network.checkpoint)
    if len(boxed) > 1:
        return [_named(Network(each.spec, each, network.step)) for each in boxed]
    spec = network.spec
    if isinstance(spec, LargeSpec):
        return [_named(network)]
    return [_named(Network(replace(spec, cell=cell))) for cell in three_cells(spec)]


def three_cells(spec: ModelSpec) -> tuple[CellName, ...]:
    """The three cells of a comparison: the plain RNN in the variant that is chosen."""
    return ("rnn_relu" if spec.cell == "rnn_relu" else "rnn_tanh", "gru", "lstm")


def _named(network: Network) -> Named:
    state = "untrained" if network.learnt == 0 else "trained"
    return f"{CELL_LABELS[network.spec.cell]}, {state}", network


def _scaled(spec: ModelSpec, radius: float) -> Network:
    return Network(replace(spec, spectral_radius=radius))


def _drawn(spec: ModelSpec, initialisation: InitialisationName) -> Network:
    return Network(replace(spec, initialisation=initialisation, sigma=0.25, spectral_radius=None))
