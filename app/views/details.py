"""From what was computed on demand to what the explorer draws of it."""

import numpy as np

from app.components.explorer import Change, FeatureUnit, UnitSums
from app.compute import details
from app.compute.details import Details
from app.compute.networks import Network
from app.sidebar.source import Source
from app.state import Looking
from core.analysis import Reading
from core.analysis.contributions import UnitTerms
from core.analysis.features import FeatureMatch
from core.analysis.perturbation import Perturbation

OFFERS = ("mean", "reach", "equations", "units", "change", "origin")
FEATURE_LABELS = {
    "quotes": "inside quotation marks",
    "brackets": "inside brackets",
    "line": "position in the line",
    "space": "after a space",
    "capital": "at a capital letter",
}


def asked_for(
    network: Network,
    source: Source,
    reading: Reading,
    looking: Looking,
    read: tuple[details.Indices, details.Indices],
) -> Details:
    """Compute what the user asked for, and nothing else.

    Args:
        network: that reads.
        source: what it reads.
        reading: of it.
        looking: where the user looks.
        read: inputs and targets in the network's indices.
    """
    inputs, targets = read
    layer = next(each for each in reading.layers if each.name == looking.layer)
    unit = min(looking.unit, network.spec.hidden_size - 1)
    wanted = looking.detail, looking.strip
    ordered = looking.order.startswith("feature:")
    return Details(
        sums=details.unit_sums(network, inputs, layer.name, unit)
        if looking.detail == "equations"
        else None,
        reach=details.reach_of_losses(network, inputs, targets, layer.name)
        if looking.strip == "reach"
        else None,
        features=details.matched(network, source.tokens, source.stretch, layer)
        if looking.detail == "units" or ordered
        else None,
        change=details.changed(network, inputs, targets, layer.name, looking.change)
        if "change" in wanted
        else None,
    )


def unit_sums(terms: UnitTerms | None) -> UnitSums | None:
    """One unit's sums, its gates under the keys of their lanes."""
    if terms is None:
        return None
    gates = ("h",) if terms.gates == ("hidden",) else terms.gates
    names = ("weights", "from_input", "bias_input", "bias_state", "factor", "largest",
             "largest_term", "rest", "pre_activation", "activation")  # fmt: skip
    return UnitSums(terms.unit, gates, *(getattr(terms, name).numpy() for name in names))


def feature_units(matches: tuple[FeatureMatch, ...] | None) -> tuple[FeatureUnit, ...] | None:
    """The best units in words, and the order that each feature gives to all units."""
    if matches is None:
        return None
    return tuple(
        FeatureUnit(
            each.feature,
            FEATURE_LABELS[each.feature],
            each.state,
            each.unit,
            each.chosen,
            each.held_out,
            np.argsort(-each.correlations, kind="stable").astype(np.int32),
        )
        for each in matches
    )


def change(perturbation: Perturbation | None) -> Change | None:
    """A changed token's effect on the layer."""
    if perturbation is None:
        return None
    p = perturbation
    return Change(p.step, p.token, p.relative, p.surprise_after)
