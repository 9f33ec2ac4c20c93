"""What the Gradients page computes of networks and texts: the last results, bounded."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch

from app.bets import Reveal
from app.compute import costs
from app.compute.networks import Network
from app.compute.results import Part, Results
from core.analysis import (
    CarryProduct,
    Closeness,
    GradientNorms,
    JacobianNorms,
    LagContributions,
    LyapunovExponents,
    Prediction,
    RandomTruncation,
    Reach,
    Saturation,
    SegmentCurve,
    Verdict,
    carry_product,
    gradient_norms,
    jacobian_norms,
    judge,
    lyapunov_exponents,
    predictions,
    random_truncation,
    reach,
    saturation,
    segment_curve,
    segment_gradient,
    segment_starts,
    spectrum,
    trace_text,
    weight_gradient_by_lag,
)
from core.analysis.itemised import Of
from core.analysis.jacobians import BlockSpectrum
from core.analysis.selfcheck import (
    Check,
    check_gradient,
    check_jacobian,
    check_reach,
    check_weight_gradient,
)
from core.analysis.truncation.closeness import Reference
from core.capture import LayerTrace
from core.models import LossAt, ModelSpec, next_token_loss
from core.progress import portion

Indices = tuple[int, ...]
MOST_BYTES = 200_000_000
"""memory that the results of all sessions may hold together"""
NO_GRADIENT = torch.empty(0, dtype=torch.float64)
"""instead of whole gradients, which no picture shows: 8 MB each in a large network"""


@dataclass(frozen=True, eq=False)
class Decay:
    """How one network's gradient fades with distance, and what theory says about it.

    Attributes:
        loss: norms of dL_T/dh_t, the loss at the last step, in text order.
        verdict: on them.
        jacobian: norms of dh_T/dh_{T-k}.
        jacobian_verdict: on their spectral norms.
        predictions: of the latter.
        spectrum: of each recurrent block.
        lyapunov: the leading exponent.
    """

    loss: GradientNorms
    verdict: Verdict
    jacobian: JacobianNorms
    jacobian_verdict: Verdict
    predictions: tuple[Prediction, ...]
    spectrum: tuple[BlockSpectrum, ...]
    lyapunov: LyapunovExponents


@dataclass(frozen=True, eq=False)
class Truncation:
    """What cutting the way back does to dL/dW_hh.

    Attributes:
        lags: its parts by distance, and sliding truncation for every window.
        segments: equal segments of every length asked for.
    """

    lags: LagContributions
    segments: SegmentCurve


@dataclass(frozen=True, eq=False)
class Gates:
    """The gates of a layer over a text; `activations` (T, H) are those of the carry's gate."""

    activations: np.ndarray
    saturation: Saturation
    carry: CarryProduct
    loss: GradientNorms


def _traced(network: Network, inputs: Indices, targets: Indices, at: LossAt) -> LayerTrace:
    """The highest forward layer, after the backward pass of the loss."""
    tape = trace_text(network.model(), torch.tensor(inputs), torch.tensor(targets), at)
    return next(trace for trace in reversed(tape.layers) if not trace.reverse)


def decay(network: Network, inputs: Indices, targets: Indices) -> Decay:
    """How the gradient of the last loss fades, in float64."""
    return decays([network], inputs, targets)[0]


def decays(networks: Sequence[Network], inputs: Indices, targets: Indices) -> list[Decay]:
    """The same of several networks, as one piece of work."""
    parts = [
        Part(
            ("decay", each.digest, inputs, targets),
            partial(_decay, each, inputs, targets),
            costs.decay(each.spec, len(inputs)),
        )
        for each in networks
    ]
    about = "; ".join(dict.fromkeys(costs.about(each.spec, len(inputs)) for each in networks))
    return _results.all(parts, about)


def _decay(network: Network, inputs: Indices, targets: Indices) -> Decay:
    trace = _traced(network, inputs, targets, "last")
    loss = gradient_norms(trace)
    with portion(0.05, 0.8):
        jacobian = jacobian_norms(trace)
    with portion(0.8, 0.9):
        predicted = predictions(trace, measured=jacobian)
    with portion(0.9, 0.95):
        blocks = spectrum(trace)
    with portion(0.95, 1):
        lyapunov = lyapunov_exponents(trace, 1)
    return Decay(
        loss, judge(loss), jacobian, judge(_as_norms(jacobian)), predicted, blocks, lyapunov
    )


def _as_norms(jacobian: JacobianNorms) -> GradientNorms:
    """The spectral norms in text order, for the verdict."""
    log10 = np.where(np.isfinite(jacobian.spectral), jacobian.spectral, np.nan)[::-1].copy()
    status = jacobian.status[::-1].astype(np.int64)
    return GradientNorms(torch.from_numpy(log10)[:, None], torch.from_numpy(status)[:, None])


def reaching(network: Network, inputs: Indices, targets: Indices, of: Of) -> Reach:
    """How far each loss reaches; of logits, with respect to the tokens, as the article draws."""

    def compute() -> Reach:
        lowest = "rnn.l0" if of == "logit" else None
        return reach(
            network.model(), torch.tensor(inputs), torch.tensor(targets),
            of=of, layer=lowest, token=of == "logit",
        )  # fmt: skip

    seconds = costs.reach(network.spec, len(inputs), "rnn.l0" if of == "logit" else None)
    return _kept("reach", network, (inputs, targets, of), compute, seconds, len(inputs))


def truncated(
    network: Network, inputs: Indices, targets: Indices, at: LossAt, most: int = 60
) -> Truncation:
    """Sliding windows of every length, and equal segments of up to `most` lengths."""
    return _of(network, _truncated(_Cuts(network, inputs, targets, at), most), len(inputs))


def segments(
    network: Network, inputs: Indices, targets: Indices, at: LossAt, length: int
) -> tuple[tuple[int, ...], SegmentCurve]:
    """Where segments of one length start, and how near they come."""
    return _of(network, _segments(_Cuts(network, inputs, targets, at), length), len(inputs))


def cut_at(
    network: Network, inputs: Indices, targets: Indices, at: LossAt, starts: tuple[int, ...]
) -> tuple[tuple[int, ...], Closeness]:
    """Segments that start at these steps, and how near the gradient of W_hh comes."""
    return _of(network, _cut_at(_Cuts(network, inputs, targets, at), starts), len(inputs))


def randomised(
    network: Network, inputs: Indices, targets: Indices, keep: float
) -> tuple[RandomTruncation, RandomTruncation]:
    """Moments of randomised truncation and of random segments, exact; loss at the last step."""
    return _of(network, _randomised(_Cuts(network, inputs, targets, "last"), keep), len(inputs))


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
    _results.all(parts, costs.about(network.spec, len(inputs)))


@dataclass(frozen=True, eq=False)
class _Cuts:
    """What all cuts of one gradient share; it is traced when the first of them is computed."""

    network: Network
    inputs: Indices
    targets: Indices
    at: LossAt

    @cached_property
    def trace(self) -> LayerTrace:
        return _traced(self.network, self.inputs, self.targets, self.at)

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


def gated(network: Network, inputs: Indices, targets: Indices) -> Gates:
    """Saturation and the product of the carry's gates; for an LSTM or GRU."""

    def compute() -> Gates:
        trace = _traced(network, inputs, targets, "last")
        carry = carry_product(trace)
        values = trace.gates[carry.gate][:, 0].numpy()
        return Gates(values, saturation(trace), carry, gradient_norms(trace))

    seconds = 2 * costs.trace(network.spec, len(inputs))
    return _kept("gated", network, (inputs, targets), compute, seconds, len(inputs))


def parameter_gradients(
    network: Network, inputs: Indices, targets: Indices, at: LossAt
) -> dict[str, torch.Tensor]:
    """The gradient of every parameter, by autograd alone."""

    def compute() -> dict[str, torch.Tensor]:
        model = network.model()
        model.requires_grad_(True)
        logits, _ = model(torch.tensor(inputs).unsqueeze(1))
        loss = next_token_loss(logits, torch.tensor(targets).unsqueeze(1), at)
        names, parameters = zip(*model.named_parameters(), strict=True)
        return dict(zip(names, torch.autograd.grad(loss, parameters), strict=True))

    seconds = 4 * costs.forward(network.spec, len(inputs))
    return _kept("parameters", network, (inputs, targets, at), compute, seconds, len(inputs))


def revealed(
    bet: str, network: Network, inputs: Indices, targets: Indices, run: Callable[[], Reveal]
) -> Reveal:
    """How a bet came out."""
    seconds = costs.bet(network.spec, len(inputs), bet)
    return _kept("bet", network, (bet, inputs, targets), run, seconds, len(inputs))


def check_decay(network: Network, inputs: Indices, targets: Indices) -> list[Check]:
    """The curves of one network against autograd."""
    found, read = decay(network, inputs, targets), torch.tensor(inputs)
    model, layer = network.model(), _highest(network)
    return [
        check_gradient(model, read, torch.tensor(targets), "last", layer, found.loss),
        check_jacobian(model, read, found.jacobian, layer, lags=6),
    ]


def check_reaching(network: Network, inputs: Indices, targets: Indices, of: Of) -> list[Check]:
    """Some rows of the matrix against autograd."""
    found = reaching(network, inputs, targets, of)
    return [check_reach(network.model(), torch.tensor(inputs), torch.tensor(targets), found)]


def check_cuts(
    network: Network, inputs: Indices, targets: Indices, at: LossAt, length: int
) -> list[Check]:
    """The gradients of W_hh, whole and in segments, against autograd with detached states."""
    trace = _traced(network, inputs, targets, at)
    read, wanted = torch.tensor(inputs), torch.tensor(targets)
    return [
        check_weight_gradient(
            network.model(), read, wanted, at, trace.name, starts, segment_gradient(trace, starts)
        )
        for starts in ((0,), segment_starts(len(inputs), length))
    ]


def _highest(network: Network) -> str:
    return f"rnn.l{network.spec.num_layers - 1}"


def _kept(
    name: str, network: Network, rest: tuple[Hashable, ...], compute: Callable[[], Any],
    seconds: float, steps: int,
) -> Any:  # fmt: skip
    return _of(network, Part((name, network.digest, *rest), compute, seconds), steps)


def _of(network: Network, part: Part, steps: int) -> Any:
    return _results.of(part, costs.about(network.spec, steps))


_results = Results("gradients", MOST_BYTES)
