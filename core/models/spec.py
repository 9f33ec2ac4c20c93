"""What a network is, as one frozen value: everything else about it follows from this."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Literal, cast, get_args

from core.errors import SpecError

CellName = Literal["rnn_tanh", "rnn_relu", "gru", "lstm"]
InputName = Literal["one_hot", "embedding"]
InitialisationName = Literal["pytorch", "normal", "orthogonal"]

# Blocks of H rows in W_ih, W_hh and the biases, in PyTorch's order and under PyTorch's names.
# The plain RNN's only block is what the gated cells call their new or cell gate: the candidate.
GATES: dict[str, tuple[str, ...]] = {
    "rnn_tanh": ("candidate",),
    "rnn_relu": ("candidate",),
    "gru": ("reset", "update", "new"),
    "lstm": ("input", "forget", "cell", "output"),
}

MAX_VOCABULARY_SIZE = 20_000  # one-hot input of 500 steps then takes 40 MB in float32
MAX_HIDDEN_SIZE = 512
MAX_LAYERS = 4
MAX_EMBEDDING_SIZE = 512
MAX_SEED = 2**63 - 1
MAX_SIGMA = 10.0
MAX_SPECTRAL_RADIUS = 10.0  # one decade a step: beyond it even float64 overflows in a few words
MAX_PARAMETERS = 32_000_000  # 128 MB in float32, and as much again for the gradients


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """The largest network that is accepted.

    Attributes:
        vocabulary_size: V with an embedding.
        one_hot: V without one.
        hidden_size: Units per layer and direction.
        num_layers: Layers.
        embedding_size: Numbers per token.
        parameters: All numbers of the network together.
    """

    vocabulary_size: int
    one_hot: int
    hidden_size: int
    num_layers: int
    embedding_size: int
    parameters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """The full description of a sequence model; equal specs give bit for bit equal networks.

    Hashable and printable, so it serves as a cache key. `embedding_size` counts only for
    `input="embedding"` and `sigma` only for `initialisation="normal"`; otherwise they are ignored.

    Attributes:
        cell: "rnn_tanh", "rnn_relu", "gru" or "lstm".
        vocabulary_size: V, number of tokens the network reads and predicts, 2 to 20,000.
        hidden_size: H, units per layer and direction, 1 to 512.
        num_layers: 1 to 4.
        bidirectional: Whether a second direction reads the text from its end. Such a network has
            already seen the token it predicts: its loss says nothing about forecasting.
        input: "one_hot", or "embedding" for a table of `embedding_size` numbers per token.
        embedding_size: 1 to 512.
        seed: 0 to 2⁶³ - 1; all randomness comes from it.
        initialisation: "pytorch", "normal" or "orthogonal"; see `core.models.initialisation`.
        sigma: Standard deviation of the "normal" weights, above 0, at most 10.
        spectral_radius: Largest |eigenvalue| of every H x H block of every W_hh, 0 to 10; None
            leaves it as drawn. 0 cuts the recurrence: such a network has no memory in h.

    Raises:
        SpecError: An attribute is of the wrong type or out of its range, or the network would
            have more than 32 million parameters.
    """

    limits: ClassVar[SizeLimits] = SizeLimits(
        MAX_VOCABULARY_SIZE,
        MAX_VOCABULARY_SIZE,
        MAX_HIDDEN_SIZE,
        MAX_LAYERS,
        MAX_EMBEDDING_SIZE,
        MAX_PARAMETERS,
    )

    cell: CellName
    vocabulary_size: int
    hidden_size: int = 32
    num_layers: int = 1
    bidirectional: bool = False
    input: InputName = "one_hot"
    embedding_size: int = 32
    seed: int = 0
    initialisation: InitialisationName = "pytorch"
    sigma: float = 0.01
    spectral_radius: float | None = None

    def __post_init__(self) -> None:
        _require_choice("cell", self.cell, get_args(CellName))
        _require_choice("input", self.input, get_args(InputName))
        limits = self.limits
        _require_integer(
            "vocabulary_size",
            self.vocabulary_size,
            2,
            limits.one_hot if self.input == "one_hot" else limits.vocabulary_size,
            way_out=": give a text of more or fewer distinct tokens, or raise the vocabulary's "
            "`min_freq`",
        )
        _require_integer("hidden_size", self.hidden_size, 1, limits.hidden_size)
        _require_integer("num_layers", self.num_layers, 1, limits.num_layers)
        if not isinstance(self.bidirectional, bool):
            raise SpecError(
                f"`bidirectional` (={_shown(self.bidirectional)}) must be True or False."
            )
        _require_integer("embedding_size", self.embedding_size, 1, limits.embedding_size)
        _require_integer("seed", self.seed, 0, MAX_SEED)
        _require_choice("initialisation", self.initialisation, get_args(InitialisationName))
        _require_real("sigma", self.sigma, MAX_SIGMA)
        if self.sigma == 0:
            raise SpecError(f"`sigma` (={self.sigma}) must be above 0.")
        # 1 and 1.0, and 0.0 and -0.0, are equal as specs: they must be equal as digests too.
        object.__setattr__(self, "sigma", float(self.sigma))
        if self.spectral_radius is not None:
            _require_real("spectral_radius", self.spectral_radius, MAX_SPECTRAL_RADIUS)
            object.__setattr__(self, "spectral_radius", float(self.spectral_radius) + 0.0)
        if self.parameter_count > limits.parameters:
            raise SpecError(
                f"`hidden_size` (={self.hidden_size}) and `vocabulary_size` "
                f"(={self.vocabulary_size}) give {self.parameter_count:,} parameters, more than "
                f"{limits.parameters:,}: lower one of them, or `num_layers`, or use "
                '`input="embedding"`.'
            )

    @property
    def gates(self) -> tuple[str, ...]:
        """Names of the H-row blocks of this cell's weights, in PyTorch's order."""
        return GATES[self.cell]

    @property
    def num_directions(self) -> int:
        """2 for a bidirectional network, else 1."""
        return 2 if self.bidirectional else 1

    @property
    def input_size(self) -> int:
        """D, the length of x_t as the first layer reads it."""
        return self.vocabulary_size if self.input == "one_hot" else self.embedding_size

    @property
    def parameter_count(self) -> int:
        """Number of parameters, the head and both biases of every gate included."""
        rows = len(self.gates) * self.hidden_size
        outputs = self.num_directions * self.hidden_size
        inputs = [self.input_size] + [outputs] * (self.num_layers - 1)
        recurrent = sum(self.num_directions * rows * (d + self.hidden_size + 2) for d in inputs)
        head = self.vocabulary_size * (outputs + 1)
        table = self.vocabulary_size * self.embedding_size if self.input == "embedding" else 0
        return recurrent + head + table

    @property
    def digest(self) -> str:
        """SHA-256 of the attributes, in hexadecimal: a short name that is safe in files."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Returns the attributes as plain values that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ModelSpec":
        """Builds a spec from what `to_dict` gave; absent attributes take their defaults.

        Args:
            values: Attribute names and plain values.

        Returns:
            The spec.

        Raises:
            SpecError: A key is unknown, a required one is absent, or a value is refused.
        """
        if not isinstance(values, Mapping):
            raise SpecError(f"`values` (={_shown(values)}) must be a mapping of attributes.")
        known = [field.name for field in fields(cls)]
        unknown = [key for key in values if key not in known]
        if unknown:
            raise SpecError(
                f"`values` holds unknown attributes {_shown(unknown)}; "
                f"a model has {', '.join(known)}."
            )
        absent = [name for name in ("cell", "vocabulary_size") if name not in values]
        if absent:
            raise SpecError(f"`values` must hold {' and '.join(f'`{name}`' for name in absent)}.")
        return cls(**values)


class LargeSpec(ModelSpec):
    """A network of a file, which may be larger than those that are drawn and trained here.

    Attributes:
        limits: Up to 1,024 units in 8 layers, 50,000 tokens and `<unk>` with an embedding of up to
            1,024 numbers, and 60 million parameters: 100 MB in half precision and more.
    """

    __slots__ = ()
    limits: ClassVar[SizeLimits] = SizeLimits(
        50_001, MAX_VOCABULARY_SIZE + 1, 1_024, 8, 1_024, 60_000_000
    )


def spec_of_any_size(**values: Any) -> ModelSpec:
    """Describes a network that exists already, in a file.

    Args:
        values: Attributes of `ModelSpec`.

    Returns:
        A `ModelSpec`; a `LargeSpec` where the network is beyond the limits of those drawn here.

    Raises:
        SpecError: It is beyond those of `LargeSpec` too, or an attribute is wrong.
    """
    try:
        return ModelSpec(**values)
    except SpecError:
        return LargeSpec(**values)


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


def _require_integer(name: str, value: object, low: int, high: int, way_out: str = "") -> None:
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    if is_integer and low <= cast(int, value) <= high:
        return
    kind = "" if is_integer else "a whole number "
    raise SpecError(f"`{name}` (={_shown(value)}) must be {kind}between {low} and {high}{way_out}.")


def _require_real(name: str, value: object, high: float) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and 0 <= cast(float, value) <= high:  # false for NaN too
        return
    raise SpecError(f"`{name}` (={_shown(value)}) must be a number between 0 and {high:g}.")
