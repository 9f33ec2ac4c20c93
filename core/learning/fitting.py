"""Which sizes of a training fit: a text in its windows, and a step within its limits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from core.errors import SpecError, TextError
from core.learning.batches import steps_per_epoch
from core.learning.cost import StepLimits, step_cost
from core.learning.spec import TrainingSpec
from core.learning.validation import require_validation_text
from core.models import ModelSpec

SizeName = Literal["batch_size", "time_steps", "hidden_size"]
SMALLEST = {"batch_size": 1, "time_steps": 2, "hidden_size": 1}


@dataclass(frozen=True, slots=True)
class Size:
    """A size that fits where the one asked for does not.

    Attributes:
        name: Which attribute of the training, or of the network, is to change.
        value: The largest that fits while the others stay.
    """

    name: SizeName
    value: int


def fits_text(training: TrainingSpec, train_tokens: int, validation_tokens: int) -> bool:
    """Whether both parts of a text have room for one window, in each stream."""
    try:
        steps_per_epoch(training, train_tokens)
        require_validation_text(training, validation_tokens)
    except TextError:
        return False
    return True


def size_for_text(training: TrainingSpec, train_tokens: int, validation_tokens: int) -> Size | None:
    """The longest window that fits a text; where none does, the largest batch of streams.

    Args:
        training: A training for which `fits_text` is false.
        train_tokens: Length of the text it learns from.
        validation_tokens: Length of the text that judges it.

    Returns:
        A size with which `fits_text` is true, or None if there is none.
    """

    def fits(name: SizeName, value: int) -> bool:
        changed = replace(training, **{name: value})
        return fits_text(changed, train_tokens, validation_tokens)

    return _first_size(("time_steps", "batch_size"), _asked(None, training), fits)


def sizes_for_limits(
    model: ModelSpec,
    training: TrainingSpec,
    train_tokens: int,
    validation_tokens: int,
    limits: StepLimits,
) -> tuple[Size, ...]:
    """Sizes with which a step is within the limits: batch, else window, else units.

    Args:
        model: The network.
        training: The training, of which a step exceeds the limits.
        train_tokens: Length of the text it learns from.
        validation_tokens: Length of the text that judges it.
        limits: What a step may take.

    Returns:
        The largest batch that fits; where none does, the longest window; where none does, the
        most units. Where no one size is enough, the same with a batch of 16 at most, then with
        windows of 16 at most too, then with the smallest of both. Nothing if that is too expensive
        with a single unit: then there are too many kinds of token or layers.
    """
    tokens = train_tokens, validation_tokens

    def fits(sizes: Mapping[str, int]) -> bool:
        units = {name: value for name, value in sizes.items() if name == "hidden_size"}
        network = replace(model, **units)
        changed = replace(training, **{n: v for n, v in sizes.items() if n != "hidden_size"})
        return fits_text(changed, *tokens) and limits.allow(step_cost(network, changed, *tokens))

    asked = _asked(model, training)
    for batch, steps in ((asked["batch_size"], asked["time_steps"]), (16, None), (16, 16), (1, 2)):
        fixed: dict[SizeName, int] = {
            "batch_size": min(batch, asked["batch_size"]),
            "time_steps": min(steps or asked["time_steps"], asked["time_steps"]),
        }
        found = _first_size(
            ("batch_size", "time_steps", "hidden_size"),
            asked | fixed,
            lambda name, value, fixed=fixed: fits(fixed | {name: value}),
        )
        if found is not None:
            sizes: dict[SizeName, int] = {**fixed, found.name: found.value}
            return tuple(Size(n, value) for n, value in sizes.items() if value != asked[n])
    return ()


def require_within_limits(
    model: ModelSpec,
    training: TrainingSpec,
    train_tokens: int,
    validation_tokens: int,
    limits: StepLimits | None = None,
) -> None:
    """Refuses a training of which a step takes too much memory or time.

    Args:
        model: The network.
        training: The training.
        train_tokens: Length of the text it learns from.
        validation_tokens: Length of the text that judges it.
        limits: What a step may take; 2 GB and 20 seconds if None.

    Raises:
        SpecError: A step is estimated above a limit; the sentence names a size that fits.
    """
    most = limits or StepLimits()
    cost = step_cost(model, training, train_tokens, validation_tokens)
    if most.allow(cost):
        return
    sizes = sizes_for_limits(model, training, train_tokens, validation_tokens, most)
    named = " with ".join(f"`{size.name}` = {size.value:,}" for size in sizes)
    advice = f"{named} fits" if sizes else "take fewer kinds of token or fewer layers"
    raise SpecError(
        f"`batch_size` (={training.batch_size:,}), `time_steps` (={training.time_steps:,}) and "
        f"`hidden_size` (={model.hidden_size:,}) would take about {cost.bytes / 1e9:,.1f} GB and "
        f"{cost.seconds:,.0f} seconds a step, and must take at most {most.bytes / 1e9:g} GB and "
        f"{most.seconds:g} seconds: {advice}."
    )


def _asked(model: ModelSpec | None, training: TrainingSpec) -> dict[str, int]:
    units = {} if model is None else {"hidden_size": model.hidden_size}
    return units | {"batch_size": training.batch_size, "time_steps": training.time_steps}


def _first_size(
    names: tuple[SizeName, ...], asked: Mapping[str, int], fits: Callable[[SizeName, int], bool]
) -> Size | None:
    """The largest value below the one asked for of the first name that has one that fits."""
    for name in names:
        low, high = SMALLEST[name], asked[name]
        if low >= high or not fits(name, low):
            continue
        while high - low > 1:  # `low` fits
            middle = (low + high) // 2
            low, high = (middle, high) if fits(name, middle) else (low, middle)
        return Size(name, low)
    return None
