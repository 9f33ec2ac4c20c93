"""What the explorer shows only when it is asked for: sums, reach, features, a changed token."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from app.compute import costs
from app.compute.networks import Network
from app.compute.results import Part, Results
from app.compute.texts import TokenText
from core.analysis import LayerReading, reach
from core.analysis.contributions import UnitTerms, unit_terms
from core.analysis.features import FeatureMatch, match_features, text_features
from core.analysis.perturbation import Perturbation, perturb
from core.analysis.tracing import capture_states
from core.text import Stretch

Indices = tuple[int, ...]
MOST_BYTES = 64_000_000
"""memory that the results of all sessions may hold together"""
BEFORE = 2_000
"""tokens before the stretch that are read to know whether it begins inside quotes or brackets"""


@dataclass(frozen=True, eq=False)
class Details:
    """What was asked for, None for the rest.

    Attributes:
        sums: one unit's pre-activations taken apart.
        reach: log10 of ‖dL_t/dh_s‖, float32 (T, T), loss steps in rows; NaN where 0 or no number.
        features: the best unit for each feature of the text.
        change: one token read as another.
    """

    sums: UnitTerms | None = None
    reach: NDArray[np.float32] | None = None
    features: tuple[FeatureMatch, ...] | None = None
    change: Perturbation | None = None


def unit_sums(network: Network, inputs: Indices, layer: str, unit: int) -> UnitTerms:
    """One unit's pre-activations at every step, in float64."""

    def compute() -> UnitTerms:
        tape = capture_states(network.model(), torch.tensor(inputs))
        return unit_terms(tape[layer], unit)

    key = (network.digest, inputs, layer, unit)
    seconds = costs.forward(network.spec, len(inputs))
    return _kept("sums", key, compute, seconds, costs.about(network.spec, len(inputs)))


def reach_of_losses(
    network: Network, inputs: Indices, targets: Indices, layer: str
) -> NDArray[np.float32]:
    """How far every loss reaches in one layer."""

    def compute() -> NDArray[np.float32]:
        found = reach(network.model(), torch.tensor(inputs), torch.tensor(targets), layer=layer)
        return found.hidden.astype(np.float32)

    key = (network.digest, inputs, targets, layer)
    seconds = costs.reach(network.spec, len(inputs), layer)
    return _kept("reach", key, compute, seconds, costs.about(network.spec, len(inputs)))


def matched(
    network: Network, tokens: TokenText, stretch: Stretch, layer: LayerReading
) -> tuple[FeatureMatch, ...]:
    """The best unit of a layer for each feature of the text; none in fewer than 4 steps."""
    if len(stretch) < 4:
        return ()

    def compute() -> tuple[FeatureMatch, ...]:
        first = max(0, stretch.start - BEFORE)
        read = tokens.tokens[first : stretch.start] + stretch.inputs
        features = {name: values[-len(stretch) :] for name, values in text_features(read).items()}
        states = {"h": layer.hidden, "c": layer.cell_state}
        return match_features(
            {name: values for name, values in states.items() if values is not None}, features
        )

    key = (network.digest, tokens.digest, stretch.start, stretch.inputs, layer.name)
    seconds = costs.features(network.spec, len(stretch))
    return _kept("features", key, compute, seconds, "")


def changed(
    network: Network,
    inputs: Indices,
    targets: Indices,
    layer: str,
    asked: tuple[int, int] | None,
) -> Perturbation | None:
    """One token read as another, in float64; None where there is no such step or token.

    Args:
        network: that reads.
        inputs: the indices read.
        targets: the index that comes next at each step.
        layer: whose states are compared.
        asked: 0-based step and the index to read there.
    """
    if asked is None:
        return None
    step, token = asked
    known = step < len(inputs) and token < network.spec.vocabulary_size
    if not known or token == inputs[step]:
        return None

    def compute() -> Perturbation:
        read = torch.tensor(inputs), torch.tensor(targets)
        return perturb(network.model(), *read, step, token, layer)

    key = (network.digest, inputs, targets, layer, asked)
    seconds = 2 * costs.forward(network.spec, len(inputs))
    return _kept("change", key, compute, seconds, costs.about(network.spec, len(inputs)))


def _kept(name: str, key: Hashable, compute: Callable[[], Any], seconds: float, about: str) -> Any:
    return _results.of(Part((name, key), compute, seconds), about)


_results = Results("detail", MOST_BYTES)
