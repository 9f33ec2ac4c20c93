"""The checks themselves: what is on screen, and the same by autograd alone."""

from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from core.analysis.itemised import Reach
from core.analysis.jacobians import JacobianNorms
from core.analysis.norms import GradientNorms, Status
from core.analysis.selfcheck.agreement import (
    Array,
    Check,
    between_entries,
    between_sizes,
    length,
    log10_norm,
    log10_norms,
    spectral,
    summary,
)
from core.analysis.selfcheck.stepwise import (
    StepwiseRun,
    Weights,
    gradients_of,
    require_layer,
    run_direction,
    run_stepwise,
    weights_of,
)
from core.errors import CoreError
from core.models import LossAt, SequenceModel
from core.progress import checkpoint, portion


def check_gradient(
    model: SequenceModel,
    inputs: Int64[Tensor, " time"],
    targets: Int64[Tensor, " time"],
    at: LossAt,
    layer: str,
    found: GradientNorms,
) -> Check:
    """Norms of the total dL/dh_t at every step.

    Args:
        model: run in float64, whatever its own precision.
        inputs: the indices read, (T,).
        targets: the index that comes next at each step, (T,).
        at: the loss: "last" step, one step from 0, or the "mean" over all.
        layer: whose, as on the tape: "rnn.l0".
        found: what is checked, (T, 1).

    Raises:
        CoreError: there is no such layer, or shapes differ.
    """
    started = perf_counter()
    _require(model, layer, inputs, targets, found.log10[:, 0].numpy())

    @torch.enable_grad()
    def reference(weights: Weights) -> Array:
        run = run_stepwise(model.spec, weights, inputs)
        return log10_norms(gradients_of(run.loss(targets, at), run.hidden[layer]))

    values = _sizes(found.log10[:, 0].double().numpy(), found.status[:, 0].numpy())
    backwards = _backwards(layer)
    return _checked(
        f"dL/dh_t of {layer}, {_loss_words(at)}",
        values[None, backwards],
        _twice(model, lambda weights: reference(weights)[None, backwards]),
        [[f"step {t + 1}" for t in range(len(inputs))][backwards]],
        started,
    )


def check_reach(
    model: SequenceModel,
    inputs: Int64[Tensor, " time"],
    targets: Int64[Tensor, " time"],
    reach: Reach,
    losses: int = 12,
) -> Check:
    """Norms of dL_t/dh_s and dL_t/dx_s: some losses t, spread over the text, and every s.

    Args:
        model: run in float64, whatever its own precision.
        inputs: the indices read, (T,).
        targets: the index that comes next at each step, (T,).
        reach: what is checked, of the loss or the logit.
        losses: how many losses, at least 1; the last step's is always one.

    Raises:
        CoreError: shapes differ, `losses` is below 1, or the reach is of gradients given by hand.
    """
    started = perf_counter()
    _require(model, reach.layer, inputs, targets, reach.hidden)
    if losses < 1:
        raise CoreError(f"`losses` (={losses}) must be at least 1.")
    if reach.of == "given":
        raise CoreError("`reach` (of 'given' gradients) must be of 'loss' or 'logit'.")
    last = len(inputs) - 1
    steps = np.unique(np.linspace(last, 0, losses).round().astype(int)).tolist()
    number = int(reach.layer.removeprefix("rnn.l").removesuffix("_reverse"))
    backwards = _backwards(reach.layer)

    @torch.enable_grad()
    def reference(weights: Weights) -> Array:
        run = run_stepwise(model.spec, weights, inputs)
        nodes = run.hidden[reach.layer] + (run.tokens if reach.token else run.inputs[number])
        rows = []
        for place, t in enumerate(steps):
            checkpoint(place, len(steps))
            value = _value(run, reach.of, t, int(targets[t]))
            rows.append(log10_norms(gradients_of(value, nodes)))
        return np.stack(rows).reshape(-1, last + 1)[:, backwards]

    hidden = _sizes(reach.hidden, reach.hidden_status)[steps]
    read = _sizes(reach.input, reach.input_status)[steps]
    places = [
        [f"loss at step {t + 1}, {part} at step {s + 1}" for s in range(last + 1)][backwards]
        for t in steps
        for part in ("hidden state", "token" if reach.token else "input")
    ]
    return _checked(
        f"reach of the {reach.of} in {reach.layer}, {len(steps)} of {last + 1} steps",
        np.stack([hidden, read], 1).reshape(-1, last + 1)[:, backwards],
        _twice(model, reference),
        places,
        started,
    )


def check_jacobian(
    model: SequenceModel,
    inputs: Int64[Tensor, " time"],
    norms: JacobianNorms,
    layer: str,
    lags: int = 12,
) -> Check:
    """Spectral and Frobenius norms of ds_t/ds_{t-k}, some lags k spread over those given.

    Args:
        model: run in float64, whatever its own precision.
        inputs: the indices read, (T,).
        norms: what is checked.
        layer: whose, as on the tape: "rnn.l0".
        lags: how many lags, at least 1; the largest is always one.

    Raises:
        CoreError: there is no such layer, the text ends before t, or `lags` is below 1.
    """
    started = perf_counter()
    require_layer(model.spec, layer)
    if lags < 1:
        raise CoreError(f"`lags` (={lags}) must be at least 1.")
    if not 0 <= norms.t < len(inputs):
        raise CoreError(f"`inputs` (of {len(inputs)} steps) must reach to `norms.t` (={norms.t}).")
    order = np.argsort(norms.lags, kind="stable")
    chosen = order[np.unique(np.linspace(len(order) - 1, 0, lags).round().astype(int))]
    wanted = norms.lags[chosen].tolist()

    @torch.enable_grad()
    def reference(weights: Weights) -> Array:
        matrices = _jacobians(model, weights, inputs, norms, layer, wanted)
        return np.array([[log10_norm(norm, m) for m in matrices] for norm in (spectral, length)])

    return _checked(
        f"Jacobian ds_t/ds_(t-k) of {layer}, {len(wanted)} of {len(order)} lags",
        np.stack([norms.spectral[chosen], norms.frobenius[chosen]]),
        _twice(model, reference),
        [[f"{norm} norm at lag {k}" for k in wanted] for norm in ("spectral", "Frobenius")],
        started,
    )


def check_weight_gradient(
    model: SequenceModel,
    inputs: Int64[Tensor, " time"],
    targets: Int64[Tensor, " time"],
    at: LossAt,
    layer: str,
    starts: Sequence[int],
    found: Float[Tensor, "rows unit"],
) -> Check:
    """Every entry of dL/dW_hh, the state before each segment really detached.

    Args:
        model: run in float64, whatever its own precision.
        inputs: the indices read, (T,).
        targets: the index that comes next at each step, (T,).
        at: the loss: "last" step, one step from 0, or the "mean" over all.
        layer: whose, as on the tape: "rnn.l0".
        starts: first steps of the segments, in reading order; (0,) for the whole gradient.
        found: what is checked, (G·H, H).

    Raises:
        CoreError: there is no such layer, or shapes differ.
    """
    started = perf_counter()
    _require(model, layer, inputs, targets)
    name = f"rnn.weight_hh_{layer.removeprefix('rnn.')}"

    @torch.enable_grad()
    def reference(weights: Weights) -> Array:
        weight = weights[name].requires_grad_()
        run = run_stepwise(model.spec, weights, inputs, {layer: starts})
        return gradients_of(run.loss(targets, at), [weight])[0].numpy()

    plain, nudged = _twice(model, reference)
    values = found.detach().double().cpu().numpy()
    if values.shape != plain.shape:
        raise CoreError(f"`found` (of shape {values.shape}) must be of shape {plain.shape}.")
    rows, columns = plain.shape
    return summary(
        f"dL/dW_hh of {layer} in {len({0, *starts})} segments",
        between_entries(values, plain),
        between_entries(nudged, plain),
        [[f"row {i + 1}, column {j + 1} of W_hh" for j in range(columns)] for i in range(rows)],
        started,
    )


def _jacobians(
    model: SequenceModel, weights: Weights, inputs: Tensor, norms: JacobianNorms, layer: str,
    lags: list[int],
) -> list[Tensor]:  # fmt: skip
    """ds_t/ds_(t-k) for each lag; each of its rows is one of many copies of the run going back."""
    number = int(layer.removeprefix("rnn.l").removesuffix("_reverse"))
    parts = slice(2 if norms.block == "state" and model.spec.cell == "lstm" else 1)
    size = model.spec.hidden_size * parts.stop
    read = [x.detach() for x in run_stepwise(model.spec, weights, inputs).inputs[number]]
    states = run_direction(model.spec, weights, layer, read, copies=size)
    positions = [norms.t + (k if norms.reverse else -k) for k in lags]
    nodes = [node for s in positions for node in states[s][parts]]
    later = torch.cat(states[norms.t][parts], 1)
    found = gradients_of(later, nodes, torch.eye(size, dtype=torch.float64))
    return [torch.cat(found[i : i + parts.stop], 1) for i in range(0, len(found), parts.stop)]


def _twice(model: SequenceModel, reference: Callable[[Weights], Array]) -> list[Array]:
    """The reference with the weights, and with the same weights changed in every last digit."""
    found = []
    for nudged in (False, True):
        with portion(nudged / 2, (nudged + 1) / 2):
            found.append(reference(weights_of(model, nudged=nudged)))
    return found


def _value(run: StepwiseRun, of: str, step: int, target: int) -> Tensor:
    return run.loss_at(step, target) if of == "loss" else run.logits[step][0, target]


def _loss_words(at: LossAt) -> str:
    if isinstance(at, int):
        return f"loss at step {at + 1}"
    return "mean loss" if at == "mean" else "loss at the last step"


def _checked(
    what: str, found: Array, references: Sequence[Array], places: list[list[str]], started: float
) -> Check:
    """Against the reference, which stands against its nudged self."""
    plain, nudged = references
    rounding = between_sizes(nudged, plain)
    return summary(what, between_sizes(found, plain), rounding, places, started)


def _backwards(layer: str) -> slice:
    """From text order to the order in which a gradient travels."""
    return slice(None) if layer.endswith("_reverse") else slice(None, None, -1)


def _sizes(log10: Array, status: np.ndarray) -> Array:
    """-inf where the library says exactly 0, NaN where it knows no number."""
    known = np.where(status == Status.FINITE, log10, np.nan)
    return np.where(status == Status.EXACT_ZERO, -np.inf, known)


def _require(
    model: SequenceModel, layer: str, inputs: Tensor, targets: Tensor, found: Array | None = None
) -> None:
    require_layer(model.spec, layer)
    if inputs.ndim != 1 or inputs.shape != targets.shape or not len(inputs):
        raise CoreError(
            f"`targets` (of shape {tuple(targets.shape)}) must be (time,), as `inputs` (of shape "
            f"{tuple(inputs.shape)}) must, with at least one step."
        )
    if found is not None and len(found) != len(inputs):
        raise CoreError(
            f"`inputs` (of {len(inputs)} steps) must be the text of what is checked, which has "
            f"{len(found)}."
        )
