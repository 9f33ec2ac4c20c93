"""What a training tells: a record for every step, validations and why it stopped."""

import math
import sys
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """How well the text that was not learnt from is foreseen.

    Attributes:
        loss: Mean cross-entropy over all steps of all windows, in nats.
        loss_by_position: The same at each place in the window alone, T values: the first is a
            guess from one token where the state starts at zero.
    """

    loss: float
    loss_by_position: tuple[float, ...]

    @property
    def perplexity(self) -> float:
        """Exp of the loss; inf where it is beyond the largest float."""
        return perplexity_of_loss(self.loss)

    @property
    def perplexity_by_position(self) -> tuple[float, ...]:
        """Exp of the loss at each place in the window, T values."""
        return tuple(perplexity_of_loss(loss) for loss in self.loss_by_position)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One step of a training. Step 0 is the untrained network: only its validation is known.

    Two records are equal when they tell the same but for the speed.

    Attributes:
        step: 1 for the first update; 0 before it.
        epoch: 1 for the first pass over the text; 0 before it.
        loss: Of the step's batch before the update, mean over all steps, in nats; None at step 0.
        gradient_norm: Euclidean norm of the gradient over all parameters, before clipping.
        gradient_norm_clipped: The same after clipping.
        per_step_norms: Where asked for, T float64 numbers: the norm of the total dL/dh_t of the
            highest layer's forward direction at each step of the window, mean over the batch. L is
            the batch's mean loss, so they scale with one over the batch size. Computed in float64.
        learning_rate: That the update used; at step 0 the one of the first update.
        tokens_per_second: Of the step alone, without validation and snapshots.
        validation: Where it was this step's turn, of the weights after the update.
        snapshot: Whether the weights after this step were kept.
    """

    step: int
    epoch: int
    learning_rate: float
    loss: float | None = None
    gradient_norm: float | None = None
    gradient_norm_clipped: float | None = None
    per_step_norms: tuple[float, ...] | None = None
    tokens_per_second: float | None = field(default=None, compare=False)
    validation: ValidationResult | None = None
    snapshot: bool = False

    @property
    def perplexity(self) -> float | None:
        """Exp of the loss; inf where it is beyond the largest float, None at step 0."""
        return None if self.loss is None else perplexity_of_loss(self.loss)


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why a training ended before its time.

    Attributes:
        step: That failed; the record before it is the last one.
        loss: Of that step, in nats: of its batch, or of the validation after it.
        gradient_norm: Of that step, before clipping.
        reason: A sentence for the user: what happened at which step, and what to change.
    """

    step: int
    loss: float
    gradient_norm: float
    reason: str


def perplexity_of_loss(loss: float) -> float:
    """The perplexity that belongs to a mean cross-entropy.

    Args:
        loss: In nats.

    Returns:
        Its exponential; inf where that is beyond the largest float, NaN for NaN.
    """
    return math.inf if loss > math.log(sys.float_info.max) else math.exp(loss)
