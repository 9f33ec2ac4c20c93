"""What the explorer draws: plain arrays and words, checked once at the boundary."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.components.explorer.details import (
    DETAILS,
    OFFERS,
    Change,
    FeatureUnit,
    UnitSums,
    require_shape,
)

__all__ = ["FLAGS", "SCALES", "ExplorerView", "Lane", "Reference"]

SCALES = ("signed_unit", "signed_own", "unit")
FLAGS = {"ok": 0, "exact zero": 1, "underflow": 2, "non-finite": 3}
CELLS = ("rnn_tanh", "rnn_relu", "gru", "lstm")
SPEEDS = ("0.5", "1", "2", "4", "8", "16")
STRIPS = ("surprise", "difference", "gradient", "unit", "reach", "change")


@dataclass(frozen=True, eq=False)
class Lane:
    """One heatmap of the chosen layer: one value per step and unit.

    Attributes:
        key: Short stable name, reported to Python when the lane is chosen ("h", "c", "forget").
        label: The name on screen ("forget gate f").
        values: float (T, H), sent as float32 unless that would overflow.
        scale: "signed_unit" (diverging, fixed [-1, 1]), "signed_own" (diverging, centred on 0,
            the lane's own largest magnitude, stated on screen) or "unit" (sequential, [0, 1]).
    """

    key: str
    label: str
    values: np.ndarray
    scale: str = "signed_unit"


@dataclass(frozen=True, eq=False)
class Reference:
    """A simpler model that predicted the same tokens: what the network is measured against.

    Attributes:
        key: Short stable name ("trigram"); `strip` may be "reference:<key>".
        label: The name on screen, a noun that takes "a" ("trigram").
        surprise: float64 (T,), -log p of `targets` in nats given the same text before it, indexed
            as `ExplorerView.surprise`; inf where it held the token impossible, never NaN.
        perplexity: exp of the mean of `surprise`, at least 1, may be inf.
    """

    key: str
    label: str
    surprise: np.ndarray
    perplexity: float

    def __post_init__(self) -> None:
        """Refuse what is no surprise, naming the argument."""
        for name in ("key", "label"):
            if not getattr(self, name):
                raise ValueError(f"`{name}` (='') must not be empty.")
        if not (self.surprise >= 0).all():
            wrong = self.surprise[~(self.surprise >= 0)][0]
            raise ValueError(f"`surprise` of `{self.key}` (={wrong:g}) must be at least 0 nats.")
        if not self.perplexity >= 1:
            raise ValueError(f"`perplexity` (={self.perplexity:g}) must be at least 1.")


@dataclass(frozen=True, eq=False)
class ExplorerView:
    """Everything the explorer shows of one text read by one network.

    T steps, H units, N layer traces (layers x directions, in the order data flows). Steps are
    0-based here and in what the browser reports; the screen counts from 1.

    Attributes:
        identity: Changes whenever any content changes; appears as `data-painted` once drawn.
        title: A plain sentence above the pictures.
        verdict: {"word": "vanishing" | "healthy" | "exploding" | "undecided", "text", "reason"}.
        cell: "rnn_tanh", "rnn_relu", "gru" or "lstm".
        hidden_size: H.
        layers: N dicts {"name", "label", "reverse": bool, "level": 0-based layer level}.
        layer: The `name` of the layer the lanes, the fit and `share_own` belong to.
        inputs: T tokens as read.
        targets: T tokens that come next.
        kind: "character" or "word" (words are set apart by spaces in the text strip).
        start: Index in the whole text of the first token.
        hidden: float (N, T, H), h_t of every layer trace.
        lanes: The lanes of `layer`; the first is h.
        gradient: float64 (N, T), log10 of the Euclidean norm of the total dL/dh_t; NaN where
            flagged.
        gradient_flags: uint8 (N, T): 0 ok, 1 exact zero, 2 underflow, 3 non-finite.
        fit: None, or {"start", "stop", "slope", "intercept"}: the dashed line is
            intercept + slope * t (log10, t 0-based) for start <= t < stop.
        share_own: float64 (T,), the share of the layer's gradient that arrived through its own
            output; NaN where there is none.
        edges_forward: float64 (N, T, 2), the norms of W_xh x_t and W_hh h_(neighbour).
        edges_gradient: float64 (N, T, 2), the norms of dL/d input and of the gradient crossing
            back over the recurrent edge that enters step t.
        head_forward: float64 (T,), the norm of W_hq h_t.
        head_gradient: float64 (T,), the norm of the gradient crossing back over W_hq.
        vocabulary: Token of each index.
        top: int32 (T, K), indices of the K most likely next tokens, best first (K <= 5).
        top_probability: float32 (T, K).
        truth_probability: float32 (T,), the probability given to `targets`.
        surprise: float64 (T,), -log of that probability in nats, exact where it underflows.
        truth_rank: int32 (T,), its rank, 1 is best.
        loss: {"at": "mean" | "last" | "step", "value": nats, "perplexity": float}; at one step
            alone with "step", from 0.
        cursor: 0-based step at first mount, and whenever this value changes; kept inside the text.
        lane: Key of the lane to show; one that this layer has not (another cell's) shows h.
        order: "index", "similarity" or "feature:<key>"; one that is not there shows "index".
        similarity: int32 (H,), the unit drawn in each row, or None when there is none.
        strip: "surprise", "gradient", "unit" (the lane of the chosen unit), "mean:<lane>" (a gate's
            mean over the units), "reach" (of the loss at the cursor), "change", "reference:<key>"
            or "difference" (the network's surprise less that of the last of `references`); a
            reference or lane that is not there, or what is not on offer, shows "surprise".
        edges: "forward" or "gradient".
        fold: "1" for the folded network, "" for the unrolled one.
        speed: Steps a second when the network reads: "0.5", "1", "2", "4", "8" or "16".
        truncate: The window k of truncated backpropagation, in steps, as digits; "" for none.
        origin: The step, from 1, whose loss alone the user asked for, as digits; "" for none.
        references: Simpler models of the same text, from the least memory to the most.
        reference_note: What they learned from, as it completes "a trigram ...": "counted on the
            rest of the text".
        link: Components of one page with the same name here share their cursor; "" for none.
        unit: 0-based unit at first mount, and whenever this value changes; kept below H.
        detail: What is open below the pictures: "equations", "units", "change" or "".
        offers: What the page computes when it is asked for, of `OFFERS`; the rest is not shown.
        sums: The chosen unit's, when `detail` asks for the equations.
        reach: None, or float (T, T), log10 of ‖dL_t/dh_s‖ of the chosen layer, loss steps in rows;
            NaN where it is 0 or no number.
        features: None, or the best unit for each feature of the text.
        asked: "<step from 1>-<index in the vocabulary>", the change that the page shows, or "".
        heard: By name, the number of the report that Python heard last, see `mounting`; what is not
            in it keeps the user's choice until Python sends another value than before.
        change: None, or that change.
        unread: Places, 0 to T, of the tokens read as <unk>; T is the last of `targets`.
    """

    identity: str
    title: str
    verdict: dict[str, str]
    cell: str
    hidden_size: int
    layers: tuple[dict[str, Any], ...]
    layer: str
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    hidden: np.ndarray
    lanes: tuple[Lane, ...]
    gradient: np.ndarray
    gradient_flags: np.ndarray
    share_own: np.ndarray
    edges_forward: np.ndarray
    edges_gradient: np.ndarray
    head_forward: np.ndarray
    head_gradient: np.ndarray
    vocabulary: tuple[str, ...]
    top: np.ndarray
    top_probability: np.ndarray
    truth_probability: np.ndarray
    surprise: np.ndarray
    truth_rank: np.ndarray
    loss: dict[str, Any]
    kind: str = "character"
    start: int = 0
    fit: dict[str, float] | None = None
    cursor: int = 0
    lane: str = "h"
    order: str = "index"
    similarity: np.ndarray | None = field(default=None)
    strip: str = "surprise"
    edges: str = "forward"
    fold: str = ""
    speed: str = "2"
    truncate: str = ""
    origin: str = ""
    references: tuple[Reference, ...] = ()
    reference_note: str = ""
    link: str = ""
    unit: int = 0
    detail: str = ""
    offers: tuple[str, ...] = ()
    sums: UnitSums | None = None
    reach: np.ndarray | None = None
    features: tuple[FeatureUnit, ...] | None = None
    asked: str = ""
    change: Change | None = None
    heard: Mapping[str, int] = field(default_factory=dict)
    unread: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit together, naming the argument."""
        steps, units, traces = len(self.inputs), self.hidden_size, len(self.layers)
        _one_of("cell", self.cell, CELLS)
        _one_of("kind", self.kind, ("character", "word"))
        if not self.order.startswith("feature:"):
            _one_of("order", self.order, ("index", "similarity"))
        if not self.strip.startswith(("reference:", "mean:")):
            _one_of("strip", self.strip, STRIPS)
        _one_of("edges", self.edges, ("forward", "gradient"))
        _one_of("fold", self.fold, ("", "1"))
        _one_of("speed", self.speed, SPEEDS)
        _one_of("layer", self.layer, tuple(each["name"] for each in self.layers))
        if not self.lanes:
            raise ValueError("`lanes` (=()) must hold at least one lane, h first.")
        if not steps or len(self.targets) != steps:
            raise ValueError(
                f"`targets` (={len(self.targets)} tokens) must be as many as `inputs` (={steps}), "
                "at least one."
            )
        top = (steps, self.top.shape[-1])
        for name, shape in {
            "hidden": (traces, steps, units),
            "gradient": (traces, steps),
            "gradient_flags": (traces, steps),
            "share_own": (steps,),
            "edges_forward": (traces, steps, 2),
            "edges_gradient": (traces, steps, 2),
            "head_forward": (steps,),
            "head_gradient": (steps,),
            "top": top,
            "top_probability": top,
            "truth_probability": (steps,),
            "surprise": (steps,),
            "truth_rank": (steps,),
        }.items():
            require_shape(name, getattr(self, name), shape)
        if self.similarity is not None:
            require_shape("similarity", self.similarity, (units,))
        for lane in self.lanes:
            _one_of("scale", lane.scale, SCALES)
            require_shape(f"lanes[{lane.key}].values", lane.values, (steps, units))
        self._check_references(steps)
        self._check_details(steps, units)

    def _check_references(self, steps: int) -> None:
        keys = [reference.key for reference in self.references]
        if len(set(keys)) < len(keys):
            raise ValueError(f"`references` (keys {', '.join(keys)}) must have different keys.")
        for reference in self.references:
            require_shape(f"references[{reference.key}].surprise", reference.surprise, (steps,))

    def _check_details(self, steps: int, units: int) -> None:
        _one_of("detail", self.detail, DETAILS)
        for offer in self.offers:
            _one_of("offers", offer, OFFERS)
        if self.sums is not None:
            require_shape("sums.weights", self.sums.weights, (len(self.sums.gates), units))
            require_shape("sums.rest", self.sums.rest, (steps, len(self.sums.gates)))
        if self.reach is not None:
            require_shape("reach", self.reach, (steps, steps))
        for feature in self.features or ():
            require_shape(f"features[{feature.key}].order", feature.order, (units,))
        if self.change is not None:
            require_shape("change.relative", self.change.relative, (steps,))
            require_shape("change.surprise", self.change.surprise, (steps,))


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"`{name}` (={value!r}) must be one of {', '.join(map(repr, allowed))}.")
