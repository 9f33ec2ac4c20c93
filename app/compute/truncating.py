"""What cutting the way back does to the gradient: the laboratory of truncation."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch

from app.compute import costs
from app.compute.gradients import RESULTS, Indices, result_of, traced
from app.compute.networks import Network
from app.compute.results import Part
from core.analysis import (
    Closeness,
    LagContributions,
    RandomTruncation,
    SegmentCurve,
    random_truncation,
    segment_curve,
    segment_gradient,
    segment_starts,
    weight_gradient_by_lag,
)
from core.analysis.selfcheck import Check, check_weight_gradient
from core.analysis.truncation.closeness import Reference
from core.capture import LayerTrace
from core.models import LossAt, ModelSpec
from core.progress import portion

NO_GRADIENT = torch.empty(0, dtype=torch.float64)
"""instead of whole gradients, which no picture shows: 8 MB each in a large network"""


@dataclass(frozen=True, eq=False)
class Truncation:
    """What cutting the way back does to dL/dW_hh.

    Attributes:
        lags: its parts by distance, and sliding truncation for every window.
        segments: equal segments of every length asked for.
    """

    lags: LagContributions
    segments: SegmentCurve


def truncated(
    network: Network, inputs: Indices, targets: Indices, at: LossAt, most: int = 60
) -> Truncation:
    """Sliding windows of every length, and equal segments of up to `most` lengths."""
    return result_of(network, _truncated(_Cuts(network, inputs, targets, at), most), len(inputs))


def segments(
    network: Network, inputs: Indices, targets: Indices, at: LossAt, length: int
) -> tuple[tuple[int, ...], SegmentCurve]:
    """Where segments of one length start, and how near they come."""
    return result_of(network, _segments(_Cuts(network, inputs, targets, at), length), len(inputs))


def cut_at(
    network: Network, inputs: Indices, targets: Indices, at: LossAt, starts: tuple[int, ...]
) -> tuple[tuple[int, ...], Closeness]:
    """Segments that start at these steps, and how near the gradient of W_hh comes."""
    return result_of(network, _cut_at(_Cuts(network, inputs, targets, at), starts), len(inputs))


def randomised(
    network: Network, inputs: Indices, targets: Indices, keep: float
) -> tuple[RandomTruncation, RandomTruncation]:
    """Moments of randomised truncation and of random segments, exact; loss at the last step."""
    part = _randomised(_Cuts(network, inputs, targets, "last"), keep)
    return result_of(network, part, len(inputs))


def cutting(
    network: Network, inputs: Indices, targets: Indices, at: LossAt, length: int,
    starts: tuple[int, ...], keeps: Sequence[float],
) -> None:  # fmt: skip
    """Compute all that the laboratory of truncation shows, as one piece of work.

    Args:
        network: that reads.
        inputs: the indices read.
        targets: the index that comes next at each step.
        at: the loss.
        length: of equal segments.
        starts: of random ones.
        keeps: probabilities of `randomised`.
    """
    cuts, last = (_Cuts(network, inputs, targets, each) for each in (at, "last"))
    parts = [_truncated(cuts), _segments(cuts, length), _cut_at(cuts, starts)]
    parts += [_randomised(last, keep) for keep in keeps]
    RESULTS.all(parts, costs.about(network.spec, len(inputs)))


@dataclass(frozen=True, eq=False)
class _Cuts:
    """What all cuts of one gradient share; it is traced when the first of them is computed."""

    network: Network
    inputs: Indices
    targets: Indices
    at: LossAt

    @cached_property
    def trace(self) -> LayerTrace:
        return traced(self.network, self.inputs, self.targets, self.at)

    def part(self, name: str, compute: Callable[[], Any], seconds: float, *of: Hashable) -> Part:
        key = (name, self.network.digest, self.inputs, self.targets, self.at, *of)
        return Part(key, compute, seconds)

    @property
    def size(self) -> tuple[ModelSpec, int]:
        """What costs depend on."""
        return self.network.spec, len(self.inputs)


def _truncated(cuts: _Cuts, most: int = 60) -> Part:
    def compute() -> Truncation:
        lengths = np.unique(np.geomspace(1, len(cuts.inputs), most).round().astype(int)).tolist()
        with portion(0.05, 0.6):
            lags = replace(weight_gradient_by_lag(cuts.trace), full=NO_GRADIENT)
        with portion(0.6, 1):
            return Truncation(lags, segment_curve(cuts.trace, lengths))

    return cuts.part("truncated", compute, costs.truncated(*cuts.size, cuts.at, most), most)


def _segments(cuts: _Cuts, length: int) -> Part:
    def compute() -> tuple[tuple[int, ...], SegmentCurve]:
        return segment_starts(len(cuts.inputs), length), segment_curve(cuts.trace, [length])

    return cuts.part("segments", compute, costs.one_cut(*cuts.size), length)


def _cut_at(cuts: _Cuts, starts: tuple[int, ...]) -> Part:
    def compute() -> tuple[tuple[int, ...], Closeness]:
        reference = Reference(cuts.trace.grad_weight_hh)
        kept = reference.compare(segment_gradient(cuts.trace, starts))
        return starts, Closeness.collect([kept])

    return cuts.part("cut", compute, costs.one_cut(*cuts.size), starts)


def _randomised(cuts: _Cuts, keep: float) -> Part:
    def compute() -> tuple[RandomTruncation, RandomTruncation]:
        found = []
        for reweighted in (True, False):
            with portion(len(found) / 2, (len(found) + 1) / 2):
                exact = random_truncation(cuts.trace, keep, reweighted=reweighted)
                found.append(replace(exact, mean=NO_GRADIENT))
        return found[0], found[1]

    return cuts.part("randomised", compute, 2 * costs.randomised(*cuts.size), keep)


def check_cuts(
    network: Network, inputs: Indices, targets: Indices, at: LossAt, length: int
) -> list[Check]:
    """The gradients of W_hh, whole and in segments, against autograd with detached states."""
    trace = traced(network, inputs, targets, at)
    read, wanted = torch.tensor(inputs), torch.tensor(targets)
    return [
        check_weight_gradient(
            network.model(), read, wanted, at, trace.name, starts, segment_gradient(trace, starts)
        )
        for starts in ((0,), segment_starts(len(inputs), length))
    ]
