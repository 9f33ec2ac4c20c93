"""How a network is trained, as one frozen value: with the model's spec and a text, all of it."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, cast, get_args

from core.errors import SpecError
from core.models import CellName, ModelSpec
from core.text import WindowScheme

OptimiserName = Literal["sgd", "momentum", "adam", "adamw"]
ClipName = Literal["norm", "value", "off"]
ScheduleName = Literal["constant", "cosine", "linear_warmup"]

MAX_LEARNING_RATE = 1000.0
MAX_WEIGHT_DECAY = 10.0
MAX_CLIP_THRESHOLD = 1e6
MAX_TIME_STEPS = 2000
MAX_BATCH_SIZE = 16_384
MAX_EPOCHS = 100_000
MAX_TRAINING_STEPS = 100_000_000
MAX_SNAPSHOTS = 200
MAX_TRAINING_SEED = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSpec:
    """The full description of a training; equal specs give equal records on the same text.

    The loss is the mean cross-entropy over all steps of all windows of a batch. `momentum` counts
    only for `optimiser="momentum"`, `clip_threshold` not for `clip="off"`, `warmup_steps` only for
    `schedule="linear_warmup"`; otherwise they are ignored.

    Attributes:
        optimiser: "sgd", "momentum" (SGD with it), "adam" or "adamw", as in torch.optim.
        learning_rate: Above 0, at most 1000.
        momentum: 0 to below 1.
        weight_decay: 0 to 10, as torch.optim's optimiser of that name takes it.
        clip: "norm" scales the whole gradient so that its global norm, one over all parameters,
            is at most the threshold; "value" cuts every entry to ± the threshold; "off".
        clip_threshold: θ, above 0, at most 10⁶.
        schedule: "constant"; "cosine" falls from the learning rate at the first step to 0 after
            the last; "linear_warmup" rises in equal parts over the first `warmup_steps` steps.
        warmup_steps: 1 to 10⁸.
        windows: "overlapping" takes every window there is, shuffled, the state zero before each;
            "disjoint" windows side by side from an offset drawn anew each epoch, shuffled, state
            zero; "consecutive" reads `batch_size` parallel streams in order, the state carried
            from batch to batch and cut off from the gradient (truncated backpropagation).
        time_steps: T, tokens a window reads, 1 to 2000.
        batch_size: Windows of a batch, 1 to 16,384; the last batch of an epoch may be smaller.
        epochs: Passes over the windows, 1 to 100,000.
        max_steps: Stop after so many steps if the epochs are not over before; None for no limit.
        seed: 0 to 2⁶³ - 1; the order of the windows comes from it.
        per_step_norms_every: Record the norm of dL/dh_t every so many steps; 0 for never.
        validate_every: Validate every so many steps too; 0 for only before the first step, at the
            end of each epoch, at snapshots and after the last step.
        snapshots_at: Steps after which the weights are kept, each once, rising; 0 is before the
            first step. At most 200.

    Raises:
        SpecError: An attribute is of the wrong type or out of its range.
    """

    optimiser: OptimiserName = "sgd"
    learning_rate: float = 1.0
    momentum: float = 0.9
    weight_decay: float = 0.0
    clip: ClipName = "norm"
    clip_threshold: float = 1.0
    schedule: ScheduleName = "constant"
    warmup_steps: int = 100
    windows: WindowScheme = "overlapping"
    time_steps: int = 32
    batch_size: int = 1024
    epochs: int = 100
    max_steps: int | None = None
    seed: int = 0
    per_step_norms_every: int = 0
    validate_every: int = 0
    snapshots_at: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _require_choice("optimiser", self.optimiser, get_args(OptimiserName))
        _require_real(self, "learning_rate", MAX_LEARNING_RATE, above_zero=True)
        _require_real(self, "momentum", 1.0)
        if self.momentum == 1:
            raise SpecError(f"`momentum` (={self.momentum}) must be below 1.")
        _require_real(self, "weight_decay", MAX_WEIGHT_DECAY)
        _require_choice("clip", self.clip, get_args(ClipName))
        _require_real(self, "clip_threshold", MAX_CLIP_THRESHOLD, above_zero=True)
        _require_choice("schedule", self.schedule, get_args(ScheduleName))
        _require_integer("warmup_steps", self.warmup_steps, 1, MAX_TRAINING_STEPS)
        _require_choice("windows", self.windows, get_args(WindowScheme))
        _require_integer("time_steps", self.time_steps, 1, MAX_TIME_STEPS)
        _require_integer("batch_size", self.batch_size, 1, MAX_BATCH_SIZE)
        _require_integer("epochs", self.epochs, 1, MAX_EPOCHS)
        if self.max_steps is not None:
            _require_integer("max_steps", self.max_steps, 1, MAX_TRAINING_STEPS)
        _require_integer("seed", self.seed, 0, MAX_TRAINING_SEED)
        _require_integer("per_step_norms_every", self.per_step_norms_every, 0, MAX_TRAINING_STEPS)
        _require_integer("validate_every", self.validate_every, 0, MAX_TRAINING_STEPS)
        _require_steps(self.snapshots_at)

    @property
    def digest(self) -> str:
        """SHA-256 of the attributes, in hexadecimal: a short name that is safe in files."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Returns the attributes as plain values that JSON can hold."""
        return asdict(self) | {"snapshots_at": list(self.snapshots_at)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TrainingSpec":
        """Builds a spec from what `to_dict` gave; absent attributes take their defaults.

        Args:
            values: Attribute names and plain values.

        Returns:
            The spec.

        Raises:
            SpecError: A key is unknown or a value is refused.
        """
        if not isinstance(values, Mapping):
            raise SpecError(f"`values` (={_shown(values)}) must be a mapping of attributes.")
        known = [field.name for field in fields(cls)]
        unknown = [key for key in values if key not in known]
        if unknown:
            raise SpecError(
                f"`values` holds unknown attributes {_shown(unknown)}; "
                f"a training has {', '.join(known)}."
            )
        given = dict(values)
        if isinstance(given.get("snapshots_at"), list):
            given["snapshots_at"] = tuple(given["snapshots_at"])
        return cls(**given)


def spread_snapshots(total_steps: int, count: int) -> tuple[int, ...]:
    """Spreads snapshots over a training as learning goes: dense at first, then rarer.

    Args:
        total_steps: Steps of the training, at least 1.
        count: Snapshots wanted, 2 to 200.

    Returns:
        Steps evenly spaced on a logarithmic scale, 0 and the last always among them; `count` of
        them, or every step where there are fewer.

    Raises:
        SpecError: An argument is out of range.
    """
    _require_integer("total_steps", total_steps, 1, MAX_TRAINING_STEPS)
    _require_integer("count", count, 2, MAX_SNAPSHOTS)
    count = min(count, total_steps + 1)
    steps = [0]
    for place in range(1, count):
        share = (place - 1) / max(1, count - 2)
        ideal = round(math.exp(share * math.log(total_steps))) if count > 2 else total_steps
        # At least one step on, and room left for those that follow.
        steps.append(min(max(ideal, steps[-1] + 1), total_steps - (count - 1 - place)))
    return tuple(steps)


def chapter_preset(
    cell: CellName, vocabulary_size: int = 28, seed: int = 0
) -> tuple[ModelSpec, TrainingSpec]:
    """The chapter's experiment: one-hot input, 32 units, plain SGD on overlapping windows of 32.

    Its text is cut by `Split.of_chapter`: the first 10,000 windows train, the next 5,000 validate.

    Args:
        cell: "rnn_tanh" or "rnn_relu" (learning rate 1, 100 epochs), "gru" or "lstm" (4, 50).
        vocabulary_size: 28 for the letters of The Time Machine.
        seed: Of the weights and of the order of the windows.

    Returns:
        The network and its training.

    Raises:
        SpecError: An argument is out of range.

    Source: Dive into Deep Learning, sections 9.5, 9.6, 10.1 and 10.2.
    """
    model = ModelSpec(cell=cell, vocabulary_size=vocabulary_size, hidden_size=32, seed=seed)
    gated = cell in ("gru", "lstm")
    training = TrainingSpec(
        learning_rate=4.0 if gated else 1.0, epochs=50 if gated else 100, seed=seed
    )
    return model, training


def _shown(value: object) -> str:
    """A value as an error message shows it: short, whatever it is."""
    try:
        text = repr(value)
    except ValueError:  # Python refuses to print integers of more than 4,300 digits
        return f"an {type(value).__name__} too long to print"
    return text if len(text) <= 60 else text[:59] + "…"


def _require_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if not (isinstance(value, str) and value in choices):
        raise SpecError(f"`{name}` (={_shown(value)}) must be one of {', '.join(choices)}.")


def _require_integer(name: str, value: object, low: int, high: int) -> None:
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    if not is_integer or not low <= cast(int, value) <= high:
        kind = "" if is_integer else "a whole number "
        raise SpecError(f"`{name}` (={_shown(value)}) must be {kind}between {low} and {high}.")


def _require_real(spec: TrainingSpec, name: str, high: float, *, above_zero: bool = False) -> None:
    value = getattr(spec, name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= high or (above_zero and value == 0):  # NaN too
        rule = f"above 0 and at most {high:g}" if above_zero else f"between 0 and {high:g}"
        raise SpecError(f"`{name}` (={_shown(value)}) must be a number {rule}.")
    # 1 and 1.0, and 0.0 and -0.0, are equal as specs: they must be equal as digests too.
    object.__setattr__(spec, name, float(value) + 0.0)


def _require_steps(steps: object) -> None:
    rule = f"must be a tuple of at most {MAX_SNAPSHOTS} rising whole numbers of at least 0"
    if not isinstance(steps, tuple) or len(steps) > MAX_SNAPSHOTS:
        raise SpecError(f"`snapshots_at` (={_shown(steps)}) {rule}.")
    for step in steps:
        if isinstance(step, bool) or not isinstance(step, int) or step < 0:
            raise SpecError(f"`snapshots_at` holds {_shown(step)}: it {rule}.")
    if list(steps) != sorted(set(steps)):
        raise SpecError(f"`snapshots_at` (={_shown(steps)}) {rule}.")
