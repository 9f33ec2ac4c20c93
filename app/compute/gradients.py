"""What the Gradients page computes of networks and texts: the last results, bounded."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from app.bets import Reveal
from app.compute.bounded import Bounded
from app.compute.networks import Network
from app.compute.readings import SLOTS
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
from core.models import LossAt, next_token_loss

Indices = tuple[int, ...]
MOST_BYTES = 200_000_000
"""memory that the results of all sessions may hold together"""
SMALL = 400_000
"""bytes reckoned for a result that is no large array"""


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

    def compute() -> Decay:
        trace = _traced(network, inputs, targets, "last")
        loss, jacobian = gradient_norms(trace), jacobian_norms(trace)
        return Decay(
            loss,
            judge(loss),
            jacobian,
            judge(_as_norms(jacobian)),
            predictions(trace, measured=jacobian),
            spectrum(trace),
            lyapunov_exponents(trace, 1),
        )

    return _kept("decay", (network.digest, inputs, targets), compute, SMALL)


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

    return _kept("reach", (network.digest, inputs, targets, of), compute, 18 * len(inputs) ** 2)


def truncated(
    network: Network, inputs: Indices, targets: Indices, at: LossAt, most: int = 60
) -> Truncation:
    """Sliding windows of every length, and equal segments of up to `most` lengths."""

    def compute() -> Truncation:
        trace = _traced(network, inputs, targets, at)
        lengths = np.unique(np.geomspace(1, len(inputs), most).round().astype(int)).tolist()
        return Truncation(weight_gradient_by_lag(trace), segment_curve(trace, lengths))

    return _kept("truncated", (network.digest, inputs, targets, at, most), compute, SMALL)


def segments(
    network: Network, inputs: Indices, targets: Indices, at: LossAt, length: int
) -> tuple[tuple[int, ...], SegmentCurve]:
    """Where segments of one length start, and how near they come."""

    def compute() -> tuple[tuple[int, ...], SegmentCurve]:
        trace = _traced(network, inputs, targets, at)
        return segment_starts(len(inputs), length), segment_curve(trace, [length])

    return _kept("segments", (network.digest, inputs, targets, at, length), compute, SMALL)


def cut_at(
    network: Network, inputs: Indices, targets: Indices, at: LossAt, starts: tuple[int, ...]
) -> tuple[tuple[int, ...], Closeness]:
    """Segments that start at these steps, and how near the gradient of W_hh comes."""

    def compute() -> tuple[tuple[int, ...], Closeness]:
        trace = _traced(network, inputs, targets, at)
        reference = Reference(trace.grad_weight_hh)
        kept = reference.compare(segment_gradient(trace, starts))
        return starts, Closeness.collect([kept])

    return _kept("cut", (network.digest, inputs, targets, at, starts), compute, SMALL)


def randomised(
    network: Network, inputs: Indices, targets: Indices, keep: float
) -> tuple[RandomTruncation, RandomTruncation]:
    """Exact moments of randomised truncation, and of random segments; the loss at the last step."""

    def compute() -> tuple[RandomTruncation, RandomTruncation]:
        trace = _traced(network, inputs, targets, "last")
        return random_truncation(trace, keep), random_truncation(trace, keep, reweighted=False)

    return _kept("randomised", (network.digest, inputs, targets, keep), compute, SMALL)


def gated(network: Network, inputs: Indices, targets: Indices) -> Gates:
    """Saturation and the product of the carry's gates; for an LSTM or GRU."""

    def compute() -> Gates:
        trace = _traced(network, inputs, targets, "last")
        carry = carry_product(trace)
        values = trace.gates[carry.gate][:, 0].numpy()
        return Gates(values, saturation(trace), carry, gradient_norms(trace))

    return _kept("gated", (network.digest, inputs, targets), compute, 2 * SMALL)


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

    return _kept("parameters", (network.digest, inputs, targets, at), compute, 8 * SMALL)


def revealed(
    bet: str, network: Network, inputs: Indices, targets: Indices, run: Callable[[], Reveal]
) -> Reveal:
    """How a bet came out."""
    return _kept("bet", (bet, network.digest, inputs, targets), run, SMALL)


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


@dataclass(frozen=True, eq=False)
class _Result:
    value: Any
    size: int


def _kept(name: str, key: Hashable, compute: Callable[[], Any], size: int) -> Any:
    def make() -> _Result:
        with SLOTS:
            return _Result(compute(), size)

    return _results.get((name, key), make).value


_results: Bounded[_Result] = Bounded(MOST_BYTES, lambda result: result.size)
