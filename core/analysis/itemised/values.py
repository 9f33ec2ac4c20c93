"""What `reach` gives: norms of all pairs of a loss and a step, or the vectors of one loss."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from core.errors import CoreError


class ReachCancelled(CoreError):
    """The computation was told to stop before it was done."""


@dataclass(frozen=True, eq=False)
class Reach:
    """How strongly each loss depends on each step: rows are loss steps t, columns steps s.

    A gradient that is exactly 0 in the arithmetic used (no path, or only paths through factors
    that round to 0, as a tanh at 1) has status EXACT_ZERO. UNDERFLOW is rare: the gradient that
    arrived, or what one single step made of it, was below the number format's range.

    Attributes:
        layer: the layer's name on the tape.
        of: "loss" (equal to "log-probability of the target"), or "logit" of the target; "given"
            where gradients at the output were given.
        hidden: log10 of ‖dL_t/dh_s‖ over the layer's units, (T, T), NaN where not FINITE.
        hidden_status: a `Status` for each entry, (T, T).
        input: log10 of ‖dL_t/dx_s‖, x_s being what the layer reads, or the one-hot code of the
            token if `token`; both directions of a layer together, (T, T), NaN where not FINITE.
        input_status: a `Status` for each entry, (T, T).
        token: whether `input` is with respect to tokens.
    """

    layer: str
    of: Literal["loss", "logit", "given"]
    hidden: NDArray[np.float64]
    hidden_status: NDArray[np.uint8]
    input: NDArray[np.float64]
    input_status: NDArray[np.uint8]
    token: bool = False

    @property
    def steps(self) -> int:
        """T."""
        return len(self.hidden)

    @property
    def connectivity(self) -> NDArray[np.float64]:
        """Log10 of the sum of squares of dL_t/dx_s, (T, T): twice `input`.

        From `reach(..., layer=<the lowest>, of="logit", token=True)` it is what the article on
        memorization draws: its code sums the squares of the gradient of the desired output's
        logit with respect to the one-hot code of the input; its formula shows the norm.

        Source: A. Madsen, Visualizing memorization in RNNs, Distill (2019), and its code.
        """
        return 2 * self.input


@dataclass(frozen=True, eq=False)
class Itemised:
    """The gradient of one loss L_t as vectors, in text order.

    Attributes:
        layer: the layer's name on the tape.
        hidden: dL_t/dh_s, (T, H).
        input: dL_t/dx_s, (T, D), both directions of the layer together.
    """

    layer: str
    hidden: Float[Tensor, "time unit"]
    input: Float[Tensor, "time input"]
