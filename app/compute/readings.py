"""What networks make of texts: the last readings, bounded by the memory they take."""

import dataclasses
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from app.compute import costs
from app.compute.bounded import Bounded
from app.compute.networks import Network
from app.compute.results import Part, Results
from app.compute.waiting import Asked, computed
from core.analysis import LayerReading, Reading, read, similarity_order
from core.models import LossAt

MOST_BYTES = 256_000_000
"""memory that the readings of all sessions may hold together"""

# Small recurrent networks run fastest on one thread, and sessions do not fight for the cores.
torch.set_num_threads(1)
# So does NumPy: on busy cores the threads of its products wait for each other, twenty times longer.
threadpool_limits(1)


def reading(
    network: Network, inputs: tuple[int, ...], targets: tuple[int, ...], at: LossAt
) -> Reading:
    """What a network makes of these indices, in float64; the last ones are kept."""
    return _results.of(_part(network, inputs, targets, at), costs.about(network.spec, len(inputs)))


def together(
    networks: Sequence[Network], inputs: tuple[int, ...], targets: tuple[int, ...], at: LossAt
) -> list[Reading]:
    """What several networks make of the same indices, as one piece of work."""
    parts = [_part(network, inputs, targets, at) for network in networks]
    about = "; ".join(dict.fromkeys(costs.about(each.spec, len(inputs)) for each in networks))
    return _results.all(parts, about)


def once(key: Hashable, run: Callable[[], Any], network: Network, steps: int) -> Any:
    """Compute something like a reading that is not kept, in its turn.

    Args:
        key: everything it depends on.
        run: computes it.
        network: that reads.
        steps: how many.
    """
    asked = Asked(key, run, 2 * costs.read(network.spec, steps))
    return computed([asked], costs.about(network.spec, steps))[0]


def known(network: Network, inputs: tuple[int, ...], targets: tuple[int, ...], at: LossAt) -> bool:
    """Whether `reading` has nothing to compute."""
    return (network.digest, inputs, targets, at) in _readings


def _part(network: Network, inputs: tuple[int, ...], targets: tuple[int, ...], at: LossAt) -> Part:
    return Part(
        (network.digest, inputs, targets, at),
        lambda: _read(network, inputs, targets, at),
        costs.read(network.spec, len(inputs)),
    )


def _read(
    network: Network, inputs: tuple[int, ...], targets: tuple[int, ...], at: LossAt
) -> Reading:
    result = read(network.model(), torch.tensor(inputs), torch.tensor(targets), at)
    return dataclasses.replace(result, layers=tuple(_light(layer) for layer in result.layers))


def _bytes_of(reading: Reading) -> int:
    """Memory of a reading's states, which are nearly all of it."""
    states = [
        array
        for layer in reading.layers
        for array in (layer.hidden, layer.cell_state, *layer.gates.values(), *layer.terms.values())
        if array is not None
    ]
    return sum(array.nbytes for array in states)


# A reading takes from 10 kB to 50 MB.
_results = Results("reading", MOST_BYTES, _bytes_of)
_readings = _results.kept


def order_of(identity: str, layer: str, hidden: np.ndarray) -> np.ndarray:
    """The units of a layer ordered by similarity."""
    return _orders.get((identity, layer), lambda: similarity_order(hidden.astype(np.float64)))


# Not by Streamlit: its caches keep a lock for every key that they were ever asked for.
_orders: Bounded[np.ndarray] = Bounded(48, lambda _: 1)


def _light(layer: LayerReading) -> LayerReading:
    """States in the precision the screen shows, and read-only; norms stay float64."""
    return dataclasses.replace(
        layer,
        hidden=_frozen(layer.hidden),
        cell_state=None if layer.cell_state is None else _frozen(layer.cell_state),
        gates={name: _frozen(values) for name, values in layer.gates.items()},
        terms={name: _frozen(values) for name, values in layer.terms.items()},
    )


def _frozen(values: np.ndarray) -> np.ndarray:
    """As float32, unless a finite state is too large for it: a ReLU network's can be."""
    too_large = np.isfinite(values) & (np.abs(values) > np.finfo(np.float32).max)
    values = values if too_large.any() else values.astype(np.float32)
    values.flags.writeable = False
    return values
