"""What the Gradients page computes of networks and texts: the last results, bounded."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from app.bets import Reveal
from app.compute import costs
from app.compute.networks import Network
from app.compute.results import Part, Results
from core.analysis import (
    CarryProduct,
    GradientNorms,
    JacobianNorms,
    LyapunovExponents,
    Prediction,
    Reach,
    Saturation,
    Verdict,
    carry_product,
    gradient_norms,
    jacobian_norms,
    judge,
    lyapunov_exponents,
    predictions,
    reach,
    saturation,
    spectrum,
    trace_text,
)
from core.analysis.itemised import Of
from core.analysis.jacobians import BlockSpectrum
from core.analysis.selfcheck import (
    Check,
    check_gradient,
    check_jacobian,
    check_reach,
)
from core.capture import LayerTrace
from core.models import LossAt, next_token_loss
from core.progress import portion

Indices = tuple[int, ...]
MOST_BYTES = 200_000_000
"""memory that the results of all sessions may hold together"""


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
class Gates:
    """The gates of a layer over a text; `activations` (T, H) are those of the carry's gate."""

    activations: np.ndarray
    saturation: Saturation
    carry: CarryProduct
    loss: GradientNorms


def traced(network: Network, inputs: Indices, targets: Indices, at: LossAt) -> LayerTrace:
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
    return RESULTS.all(parts, about)


def _decay(network: Network, inputs: Indices, targets: Indices) -> Decay:
    trace = traced(network, inputs, targets, "last")
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


def gated(network: Network, inputs: Indices, targets: Indices) -> Gates:
    """Saturation and the product of the carry's gates; for an LSTM or GRU."""

    def compute() -> Gates:
        trace = traced(network, inputs, targets, "last")
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


def _highest(network: Network) -> str:
    return f"rnn.l{network.spec.num_layers - 1}"


def _kept(
    name: str, network: Network, rest: tuple[Hashable, ...], compute: Callable[[], Any],
    seconds: float, steps: int,
) -> Any:  # fmt: skip
    return result_of(network, Part((name, network.digest, *rest), compute, seconds), steps)


def result_of(network: Network, part: Part, steps: int) -> Any:
    """A result about one network that reads so many tokens, kept or computed now."""
    return RESULTS.of(part, costs.about(network.spec, steps))


RESULTS = Results("gradients", MOST_BYTES)
