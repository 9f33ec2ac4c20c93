"""What a step of a training takes, from its specs alone, before anything is allocated."""

from dataclasses import dataclass

from core.learning.spec import TrainingSpec
from core.learning.validation import passes_of
from core.models import ModelSpec
from core.models.spec import GATES

# All constants were measured on one thread of a server processor of 2023 with PyTorch 2.13;
# tests/test_learning_cost.py compares the estimate with what a step takes.
_OVERHEAD_BYTES = 120_000_000  # once, whatever the sizes: autograd, oneDNN, code that is paged in
_PARAMETER_COPIES = 8  # weights, last good ones, gradient, two of Adam, and copies for the kernels
_STATE_COPIES = 10  # while the state is sent: as in the run, copied, and as bytes
_FLOAT, _DOUBLE = 4, 8
_OPERATIONS_A_SECOND = 2e10
_ELEMENT_SECONDS = 5e-9  # of a gate, of one unit, at one step of one sequence
_LOGIT_SECONDS = 1.2e-8  # of one logit, with its loss and gradient
_CAPTURED_SECONDS = 7e-7  # of a gate of one unit where the gradients of the states are recorded
_CALL_SECONDS = 1e-4  # of one time step of one layer, however small


@dataclass(frozen=True, slots=True)
class StepCost:
    """An estimate of the most expensive step, and of what stays in memory between steps.

    Attributes:
        bytes: The most that a training takes beside its interpreter.
        seconds: Of the slowest step on one thread, its validation counted as a step of its own.
    """

    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class StepLimits:
    """What a step may take.

    Attributes:
        bytes: Most memory of the training beside its interpreter.
        seconds: Longest step.
    """

    bytes: int = 2_000_000_000
    seconds: float = 20.0

    def allow(self, cost: StepCost) -> bool:
        """Whether a step of this cost is within both limits."""
        return cost.bytes <= self.bytes and cost.seconds <= self.seconds


def step_cost(
    model: ModelSpec, training: TrainingSpec, train_tokens: int, validation_tokens: int
) -> StepCost:
    """Estimates what a training takes, within a factor of about three.

    Args:
        model: The network.
        training: The training.
        train_tokens: Length of the text it learns from: no batch has more windows than it.
        validation_tokens: Length of the text that judges it.

    Returns:
        The cost of the most expensive of its steps, float32 on one thread.
    """
    batch = min(training.batch_size, max(1, train_tokens - training.time_steps))
    update = _update(model, training, batch)
    validation = _validation(model, training, validation_tokens)
    parameters = _FLOAT * model.parameter_count
    snapshots = len(training.snapshots_at)
    while_learning = (_PARAMETER_COPIES + snapshots) * parameters
    while_sending = (_STATE_COPIES + 3 * snapshots) * parameters
    working = max(while_learning + max(update.bytes, validation.bytes), while_sending)
    return StepCost(_OVERHEAD_BYTES + working, max(update.seconds, validation.seconds))


def _update(model: ModelSpec, training: TrainingSpec, batch: int) -> StepCost:
    """One batch, forward and backward; with the gradients of the states where they are recorded."""
    rows = training.time_steps * batch
    gates = _gates(model)
    floats = 3.5 * gates + 6 * model.vocabulary_size + _input_floats(model)
    # Three products with each weight: forward, to the layer below, and to the weight itself.
    operations = 6 * rows * _multiplied(model) + 50 * model.parameter_count
    seconds = (
        operations / _OPERATIONS_A_SECOND
        + rows * (gates * _ELEMENT_SECONDS + model.vocabulary_size * _LOGIT_SECONDS)
        + training.time_steps * _cells(model) * _CALL_SECONDS
    )
    amount = _FLOAT * rows * floats
    if training.per_step_norms_every:
        # In float64, from all that every layer read and gave.
        amount += _DOUBLE * rows * (10 * gates + _input_floats(model))
        seconds += rows * gates * _CAPTURED_SECONDS + operations / _OPERATIONS_A_SECOND
    return StepCost(int(amount), seconds)


def _validation(model: ModelSpec, training: TrainingSpec, tokens: int) -> StepCost:
    """One reading of the validation text, pass by pass, without gradients."""
    passes, at_once = passes_of(training, tokens, model.vocabulary_size)
    rows = at_once * training.time_steps
    floats = 2 * _gates(model) + 4 * model.vocabulary_size + _input_floats(model)
    seconds = passes * (
        2 * rows * _multiplied(model) / _OPERATIONS_A_SECOND
        + rows * (_gates(model) * _ELEMENT_SECONDS + model.vocabulary_size * _LOGIT_SECONDS)
        + training.time_steps * _cells(model) * _CALL_SECONDS
    )
    return StepCost(int(_FLOAT * rows * floats), seconds)


def _cells(model: ModelSpec) -> int:
    return model.num_layers * (2 if model.bidirectional else 1)


def _gates(model: ModelSpec) -> int:
    """Numbers that the gates of all layers hold at one step of one sequence."""
    return _cells(model) * len(GATES[model.cell]) * model.hidden_size


def _input_floats(model: ModelSpec) -> int:
    """A one-hot vector is made of whole numbers of eight bytes first."""
    return 3 * model.vocabulary_size if model.input == "one_hot" else 2 * model.embedding_size


def _multiplied(model: ModelSpec) -> int:
    """Weights that enter a matrix product; of an embedding a row is looked up."""
    looked_up = model.vocabulary_size * model.embedding_size if model.input == "embedding" else 0
    return model.parameter_count - looked_up
