"""How the next token is chosen: from which distribution, and which tokens may come at all."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from core.errors import CoreError

Strategy = Literal["greedy", "sample"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingSpec:
    """How the next token is chosen from the network's distribution p over V tokens.

    "greedy" takes the most likely token. "sample" draws, from p changed in this order:

    1. temperature t: p^(1/t), normalised. At 1 it is p itself; towards 0 it becomes greedy;
       towards infinity uniform. The chapter's P(x)^alpha is the same with t = 1/alpha: see
       `sharpened`.
    2. `top_k`: only the k most likely remain, normalised.
    3. `top_p`: of what is left only the smallest set whose probability reaches p remains (the
       nucleus), normalised.

    Among equally likely tokens the one with the lower index counts as the more likely.

    Attributes:
        strategy: "greedy", which ignores the next three, or "sample".
        temperature: t, above 0 and finite.
        top_k: k, at least 1 (more than V keeps all); None keeps all.
        top_p: p, above 0, at most 1; None or 1 keeps all.
        stop: Index of a token after which decoding ends; None never ends before the length.

    Raises:
        CoreError: An attribute is out of its range.

    Source: Fan et al. 2018 (top-k), Holtzman et al. 2020 (nucleus).
    """

    strategy: Strategy = "sample"
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    stop: int | None = None

    def __post_init__(self) -> None:
        if self.strategy not in ("greedy", "sample"):
            raise CoreError(f"`strategy` (={self.strategy!r}) must be 'greedy' or 'sample'.")
        if not (_is_real(self.temperature) and 0 < self.temperature < math.inf):
            raise CoreError(
                f"`temperature` (={self.temperature!r}) must be a finite number above 0; for its "
                "limit 0 choose the `strategy` 'greedy'."
            )
        if self.top_k is not None:
            require_whole("top_k", self.top_k, 1)
        if self.top_p is not None and not (_is_real(self.top_p) and 0 < self.top_p <= 1):
            raise CoreError(f"`top_p` (={self.top_p!r}) must be a number above 0, at most 1.")
        if self.stop is not None:
            require_whole("stop", self.stop, 0)

    @classmethod
    def sharpened(cls, alpha: float, stop: int | None = None) -> "DecodingSpec":
        """Sampling from P(x)^alpha, normalised, as the chapter does: temperature 1/alpha.

        Args:
            alpha: Above 0 and finite. 1 samples from P itself, larger values sharpen it.
            stop: As in the class.

        Returns:
            The spec.

        Raises:
            CoreError: `alpha` is out of its range.
        """
        if not (_is_real(alpha) and 0 < alpha < math.inf and 1 / alpha < math.inf):
            raise CoreError(f"`alpha` (={alpha!r}) must be a finite number above 0.")
        return cls(temperature=1 / alpha, stop=stop)


def kept_distribution(
    log_p: Float[Tensor, " vocabulary"], spec: DecodingSpec
) -> tuple[Int64[Tensor, " kept"], Float[Tensor, " kept"]]:
    """The tokens that may be chosen and their probabilities, the likeliest first.

    Args:
        log_p: Log probabilities, float64, (V,).
        spec: How to change them.

    Returns:
        Indices and probabilities, which are above 0 and add up to 1.
    """
    ranked, order = torch.sort(log_p, descending=True, stable=True)
    if spec.strategy == "greedy":
        return order[:1], torch.ones_like(ranked[:1])
    # The largest is subtracted first: it stays at 0 whatever the temperature.
    chances = ((ranked - ranked[0]) / spec.temperature).softmax(0)
    chances = chances[: spec.top_k]
    chances = chances[chances > 0]
    if spec.top_p is not None and spec.top_p < 1:
        before = (chances.cumsum(0) - chances) / chances.sum()
        # A set that reaches p but for rounding reaches it: .4 of (.4, .4, .2) is one token.
        chances = chances[: max(1, int((before < spec.top_p - 1e-12).sum()))]
    return order[: len(chances)], chances / chances.sum()


def require_whole(name: str, value: object, low: int, high: int | None = None) -> None:
    """Refuses an argument that is no whole number between two bounds."""
    if isinstance(value, int) and not isinstance(value, bool):
        if low <= value and (high is None or value <= high):
            return
    limits = f"of at least {low}" if high is None else f"between {low} and {high}"
    raise CoreError(f"`{name}` (={value!r}) must be a whole number {limits}.")


def _is_real(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
