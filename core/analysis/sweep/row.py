"""What a sweep finds at one point: verdict and rate of the gradient on its way back."""

import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, get_args

import torch

from core.analysis.norms import Status
from core.analysis.reading import read
from core.analysis.sweep.spec import SweepPoint, SweepSpec
from core.analysis.verdict import Word
from core.errors import CoreError
from core.models import SequenceModel


@dataclass(frozen=True, slots=True)
class SweepRow:
    """The measurement at one point: ‖dL/dh_t‖ of the loss at the last step, against t.

    Equal on every route; `seconds` is left out of that. Nothing in it is NaN or infinite: what is
    no number is None.

    Attributes:
        point: Where it was measured.
        word: The verdict: "vanishing", "healthy", "exploding" or "undecided".
        slope: Decades per step back, negative where the gradient shrinks; None if there is no rate.
        straight: Whether the curve is straight enough for the slope to be a rate, not a mean.
        span: Decades between the largest and the smallest finite norm.
        first_log10: log10 of the norm at the first step; None unless `first_status` is FINITE.
        first_status: What the norm at the first step is.
        loss: At the last step, in nats; None where it overflowed.
        seconds: Wall time that building the network and measuring it took; not compared.
    """

    point: SweepPoint
    word: Word
    slope: float | None
    straight: bool
    span: float
    first_log10: float | None
    first_status: Status
    loss: float | None
    seconds: float = field(compare=False)

    @property
    def factor(self) -> float | None:
        """What one step back multiplies the gradient by; None if there is no rate."""
        return None if self.slope is None else 10.0**self.slope

    def to_dict(self) -> dict[str, Any]:
        """Returns the attributes as plain values that JSON holds without rounding."""
        values = asdict(self)
        return values.pop("point") | values | {"first_status": self.first_status.name}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "SweepRow":
        """Builds a row from what `to_dict` gave.

        Args:
            values: Attribute names and plain values.

        Returns:
            The row.

        Raises:
            CoreError: An attribute is missing, unknown or of the wrong type.
        """
        kinds: dict[str, tuple[type, ...]] = {
            "cell": (str,), "length": (int,), "spectral_radius": (float,), "seed": (int,),
            "word": (str,), "slope": (float, type(None)), "straight": (bool,), "span": (float,),
            "first_log10": (float, type(None)), "first_status": (str,),
            "loss": (float, type(None)), "seconds": (float,),
        }  # fmt: skip
        fits = isinstance(values, Mapping) and values.keys() == kinds.keys()
        if not fits or any(type(values[name]) not in kind for name, kind in kinds.items()):
            raise CoreError("`values` must be a row as `to_dict` writes it.")
        if not all(math.isfinite(value) for value in values.values() if type(value) is float):
            raise CoreError("`values` must hold no number that is not finite.")
        if values["word"] not in get_args(Word) or values["first_status"] not in Status.__members__:
            raise CoreError("`values` must hold a verdict and a status that exist.")
        given = dict(values)
        names = ("cell", "length", "spectral_radius", "seed")
        point = SweepPoint(*(given.pop(name) for name in names))
        given["first_status"] = Status[given["first_status"]]
        return cls(point=point, **given)


def measure(spec: SweepSpec, point: SweepPoint) -> SweepRow:
    """Builds the network of a point, lets it read, and judges its gradient.

    The numbers are bit for bit the same each time on one machine, one version of PyTorch and one
    thread; with other threads, or on another kind of processor, the last digits may differ.

    Args:
        spec: The sweep.
        point: One of its points.

    Returns:
        The row.

    Raises:
        SpecError: The network's radius cannot be reached.
    """
    started = time.perf_counter()
    model = SequenceModel(spec.model_at(point), torch.float64)
    tokens = torch.tensor(spec.tokens[: point.length + 1])
    reading = read(model, tokens[:-1], tokens[1:], "last")
    (layer,) = reading.layers
    verdict = layer.verdict
    return SweepRow(
        point=point,
        word=verdict.word,
        slope=_number(verdict.slope),
        straight=verdict.straight,
        span=verdict.span,
        first_log10=_number(float(layer.gradient[0])),
        first_status=Status(int(layer.status[0])),
        loss=_number(reading.loss),
        seconds=time.perf_counter() - started,
    )


def _number(value: float) -> float | None:
    """The value, or None for what JSON and equality cannot hold."""
    return value if math.isfinite(value) else None
