"""Which networks a sweep measures, on which text: one frozen value, and its points in order."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import product
from typing import Any, Literal, get_args

import torch

from core.errors import SpecError
from core.models import CellName, InputName, ModelSpec

SweepInitialisation = Literal["orthogonal", "pytorch"]

MIN_LENGTH, MAX_LENGTH = 3, 10_000
"""steps of a text: a rate needs three, and an LSTM of 512 units then takes a gigabyte"""
MAX_POINTS = 100_000
"""networks of one sweep: an hour and more on one processor"""


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """One network on one length of the text.

    Attributes:
        cell: "rnn_tanh", "rnn_relu", "gru" or "lstm".
        length: T, how many tokens it reads.
        spectral_radius: Of every block of W_hh.
        seed: What its weights are drawn from.
    """

    cell: CellName
    length: int
    spectral_radius: float
    seed: int

    def __str__(self) -> str:
        return (
            f"{self.cell}, length {self.length}, spectral radius {self.spectral_radius:g}, "
            f"seed {self.seed}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepSpec:
    """The full description of a sweep; equal specs give equal rows.

    Every network has one layer and one direction, in float64. On a length T it reads the first T
    tokens of the text, and its loss is its guess at the next one: so that a shorter reading is the
    beginning of a longer one.

    Attributes:
        cells: Of "rnn_tanh", "rnn_relu", "gru", "lstm", each once.
        lengths: Of the text read, in tokens, 3 to 10,000, each once.
        spectral_radii: To which each block of W_hh is scaled, 0 to 10, each once.
        seeds: Of the weights, 0 to 2⁶³ - 1, each once.
        tokens: The text as indices; one more than the longest length is kept, the rest cut off.
        vocabulary_size: V, 2 to 20,000.
        hidden_size: H, 1 to 512.
        initialisation: What is scaled: "orthogonal" blocks, whose singular values are all equal to
            the radius, or those of "pytorch", whose largest singular value is about twice it.
        input: "one_hot" or "embedding".
        embedding_size: 1 to 512; ignored for one-hot input.

    Raises:
        SpecError: An attribute is of the wrong type or out of its range, the text is too short for
            the longest length, or there are more than 100,000 points.
    """

    cells: tuple[CellName, ...]
    lengths: tuple[int, ...]
    spectral_radii: tuple[float, ...]
    tokens: tuple[int, ...]
    vocabulary_size: int
    seeds: tuple[int, ...] = (0,)
    hidden_size: int = 32
    initialisation: SweepInitialisation = "orthogonal"
    input: InputName = "one_hot"
    embedding_size: int = 32

    def __post_init__(self) -> None:
        if self.initialisation not in get_args(SweepInitialisation):
            raise SpecError(
                f"`initialisation` (={self.initialisation!r}) must be one of "
                f"{', '.join(get_args(SweepInitialisation))}."
            )
        for name in ("cells", "lengths", "spectral_radii", "seeds"):
            object.__setattr__(self, name, _each_once(name, getattr(self, name)))
        if len(self) > MAX_POINTS:
            raise SpecError(
                f"`cells` (of {len(self.cells)}), `lengths` (of {len(self.lengths)}), "
                f"`spectral_radii` (of {len(self.spectral_radii)}) and `seeds` (of "
                f"{len(self.seeds)}) give {len(self):,} points, which must be at most "
                f"{MAX_POINTS:,}: sweep fewer values."
            )
        for length in self.lengths:
            if not _whole(length) or not MIN_LENGTH <= length <= MAX_LENGTH:
                raise SpecError(
                    f"`lengths` holds {length!r}, which must be a whole number between "
                    f"{MIN_LENGTH} and {MAX_LENGTH:,}."
                )
        self._require_networks()
        object.__setattr__(self, "tokens", self._kept_tokens())

    def _require_networks(self) -> None:
        """Refuses, in the words of the network's own spec, what no network can have."""
        cell, radius, seed = self.cells[0], self.spectral_radii[0], self.seeds[0]
        for each in self.cells:
            self.model_at(SweepPoint(each, MIN_LENGTH, radius, seed))
        for each in self.seeds:
            self.model_at(SweepPoint(cell, MIN_LENGTH, radius, each))
        # 1 and 1.0, and 0.0 and -0.0, are equal as specs: they must be equal as digests too.
        known = [
            self.model_at(SweepPoint(cell, MIN_LENGTH, each, seed)).spectral_radius
            for each in self.spectral_radii
        ]
        if None in known:
            raise SpecError("`spectral_radii` holds None, which must be a number from 0 to 10.")
        object.__setattr__(self, "spectral_radii", tuple(known))

    def _kept_tokens(self) -> tuple[int, ...]:
        needed = max(self.lengths) + 1
        if not isinstance(self.tokens, Sequence) or isinstance(self.tokens, str | bytes):
            raise SpecError("`tokens` must be a tuple of indices.")
        if len(self.tokens) < needed:
            raise SpecError(
                f"`tokens` (of {len(self.tokens)}) must be at least {needed}, one more than the "
                "longest of `lengths`: give a longer text or shorter lengths."
            )
        kept = tuple(self.tokens[:needed])
        for token in kept:
            if not _whole(token) or not 0 <= token < self.vocabulary_size:
                raise SpecError(
                    f"`tokens` holds {token!r}, which must be a whole number between 0 and "
                    f"{self.vocabulary_size - 1}, the last index of the vocabulary."
                )
        return kept

    def __len__(self) -> int:
        """How many points the sweep has."""
        return len(self.cells) * len(self.spectral_radii) * len(self.lengths) * len(self.seeds)

    @property
    def points(self) -> tuple[SweepPoint, ...]:
        """All points, by cell, then radius, then length, then seed, each in the order given."""
        axes = (self.cells, self.spectral_radii, self.lengths, self.seeds)
        return tuple(
            SweepPoint(cell, length, radius, seed) for cell, radius, length, seed in product(*axes)
        )

    def model_at(self, point: SweepPoint) -> ModelSpec:
        """The network of a point."""
        return ModelSpec(
            cell=point.cell,
            vocabulary_size=self.vocabulary_size,
            hidden_size=self.hidden_size,
            input=self.input,
            embedding_size=self.embedding_size,
            seed=point.seed,
            initialisation=self.initialisation,
            spectral_radius=point.spectral_radius,
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the attributes, the tokens read included, in hexadecimal."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Returns the attributes as plain values that JSON can hold."""
        values = asdict(self)
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "SweepSpec":
        """Builds a spec from what `to_dict` gave; absent attributes take their defaults.

        Args:
            values: Attribute names and plain values.

        Returns:
            The spec.

        Raises:
            SpecError: An attribute is unknown, missing or refused.
        """
        if not isinstance(values, Mapping):
            raise SpecError(f"`values` (={values!r}) must be a mapping of attributes.")
        known = [field.name for field in fields(cls)]
        required = ("cells", "lengths", "spectral_radii", "tokens", "vocabulary_size")
        unknown = [key for key in values if key not in known]
        absent = [name for name in required if name not in values]
        if unknown or absent:
            raise SpecError(
                f"`values` (unknown: {unknown}, missing: {absent}) must hold the attributes of a "
                f"sweep: {', '.join(known)}."
            )
        return cls(**values)


def random_tokens(vocabulary_size: int, length: int, seed: int) -> tuple[int, ...]:
    """A text without structure: every token equally likely, whatever came before.

    Args:
        vocabulary_size: V, 2 to 20,000.
        length: How many tokens, 2 to 10,001.
        seed: 0 to 2³² - 1, all that PyTorch's generator reads of one.

    Returns:
        Indices from 0 to V - 1, the same for the same arguments.

    Raises:
        SpecError: An argument is out of its range.
    """
    limits = {
        "vocabulary_size": (vocabulary_size, 2, 20_000),
        "length": (length, 2, MAX_LENGTH + 1),
        "seed": (seed, 0, 2**32 - 1),
    }
    for name, (value, low, high) in limits.items():
        if not _whole(value) or not low <= value <= high:
            raise SpecError(f"`{name}` (={value!r}) must be a whole number from {low} to {high}.")
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randint(vocabulary_size, (length,), generator=generator).tolist())


def _each_once(name: str, values: object) -> tuple[Any, ...]:
    rule = "must be a tuple of at least one value, each once."
    if not isinstance(values, tuple | list) or not values:
        raise SpecError(f"`{name}` (={values!r}) {rule}")
    seen: set[object] = set()
    for value in values:
        if not isinstance(value, str | int | float | None):
            raise SpecError(f"`{name}` holds {value!r}, which is neither a name nor a number.")
        if value in seen:
            raise SpecError(f"`{name}` holds {value!r} twice: it {rule}")
        seen.add(value)
    return tuple(values)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
