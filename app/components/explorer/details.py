"""What the explorer shows on demand: arrays that the page computes only when they are asked for."""

from dataclasses import dataclass, fields

import numpy as np

__all__ = ["DETAILS", "OFFERS", "Change", "FeatureUnit", "UnitSums", "require_shape"]

DETAILS = ("", "equations", "units", "change")
OFFERS = ("mean", "reach", "equations", "units", "change", "origin")


@dataclass(frozen=True, eq=False)
class UnitSums:
    """What one unit's pre-activations add up; T steps, G gates, K of H terms kept, all float64.

        pre_activation = from_input + bias_input + factor (Σ largest_term + rest + bias_state)

    Attributes:
        unit: which, from 0.
        gates: G keys of lanes; ("h",) for a plain RNN.
        weights: (G, H), the unit's rows of W_hh.
        from_input: (T, G), W_xh x_t.
        bias_input: (G,).
        bias_state: (G,).
        factor: (T, G), 1 but for a GRU's new gate.
        largest: int32 (T, G, K), the units whose terms are largest, the largest first.
        largest_term: (T, G, K), these terms.
        rest: (T, G), the sum of the others.
        pre_activation: (T, G).
        activation: (T, G).
    """

    unit: int
    gates: tuple[str, ...]
    weights: np.ndarray
    from_input: np.ndarray
    bias_input: np.ndarray
    bias_state: np.ndarray
    factor: np.ndarray
    largest: np.ndarray
    largest_term: np.ndarray
    rest: np.ndarray
    pre_activation: np.ndarray
    activation: np.ndarray

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit together, naming the argument."""
        steps, gates = self.from_input.shape
        if len(self.gates) != gates:
            raise ValueError(f"`gates` (={self.gates!r}) must be {gates} keys.")
        kept = (steps, gates, self.largest.shape[-1])
        for name in ("rest", "factor", "pre_activation", "activation"):
            require_shape(name, getattr(self, name), (steps, gates))
        for name, shape in {"largest": kept, "largest_term": kept, "bias_input": (gates,),
                            "bias_state": (gates,)}.items():  # fmt: skip
            require_shape(name, getattr(self, name), shape)

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name, in the types that are sent."""
        named = {each.name: getattr(self, each.name) for each in fields(self)[2:]}
        return {
            name: np.asarray(array, np.int32 if name == "largest" else np.float64)
            for name, array in named.items()
        }


@dataclass(frozen=True, eq=False)
class FeatureUnit:
    """The unit that follows one feature of the text best.

    Attributes:
        key: Short stable name; `order` may be "feature:<key>".
        label: The feature in words ("inside quotation marks").
        lane: Key of the lane that follows it, "h" or "c"; "" where no unit does.
        unit: From 0; -1 where no unit does.
        chosen: r on the tokens where the unit was chosen; NaN where the feature is constant.
        held_out: r on the other tokens; NaN where the feature, or the unit, is constant.
        order: int32 (H,), the units from the most positive r to the most negative.
    """

    key: str
    label: str
    lane: str
    unit: int
    chosen: float
    held_out: float
    order: np.ndarray

    def __post_init__(self) -> None:
        """Refuse what is no correlation, naming the argument."""
        for name in ("chosen", "held_out"):
            value = getattr(self, name)
            if abs(value) > 1:
                raise ValueError(f"`{name}` (={value:g}) must be from -1 to 1, or NaN.")
        if (self.unit < 0) != (self.lane == ""):
            raise ValueError(f"`lane` (={self.lane!r}) must be empty just where `unit` is -1.")


@dataclass(frozen=True, eq=False)
class Change:
    """One token read as another: what becomes of the states.

    Attributes:
        step: From 0.
        token: Index in the vocabulary of what is read there instead.
        relative: float64 (T,), ‖Δh_t‖ / ‖h_t‖ of the chosen layer; 0 where nothing changed, inf
            where h_t was 0, NaN where a state is not finite.
        surprise: float64 (T,), -log p of `targets` after the change, in nats.
    """

    step: int
    token: int
    relative: np.ndarray
    surprise: np.ndarray

    def __post_init__(self) -> None:
        """Refuse a negative change, naming the argument."""
        if (self.relative < 0).any():
            raise ValueError(f"`relative` (={self.relative.min():g}) must be at least 0.")


def require_shape(name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    """Refuse an array of another shape, naming it."""
    if array.shape != shape:
        raise ValueError(f"`{name}` (shape {array.shape}) must have shape {shape}.")
