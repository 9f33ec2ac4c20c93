"""Where the gradient of each step's cross-entropy starts, exact also for a certain network."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

_STEPS_AT_ONCE = 256


def gradients_at_output(
    logits: Float[Tensor, "time vocabulary"],
    targets: Int64[Tensor, " time"],
    weight: Float[Tensor, "vocabulary output"],
) -> tuple[Float[Tensor, "time output"], Float[Tensor, " time"]]:
    """What each loss hands to the head's input at its own step.

    dL_t/do_t = p - e_k, k the target. With q the softmax over the other tokens alone, that is
    (1 - p_k) (q - e_k): no difference of nearly equal numbers, and the first factor may be as
    small as it likes, because its logarithm is kept.

    Args:
        logits: o_t.
        targets: k at each step.
        weight: W_hq.

    Returns:
        W_hqᵀ(q - e_k) in the weight's precision, and log(1 - p_k) in float64.
    """
    gradients, scales = [], []
    for low in range(0, len(logits), _STEPS_AT_ONCE):
        part = logits[low : low + _STEPS_AT_ONCE].double()
        target = targets[low : low + _STEPS_AT_ONCE].unsqueeze(1)
        everything = part.logsumexp(1)
        others = part.scatter(1, target, -torch.inf)
        scales.append(others.logsumexp(1) - everything)
        q = others.softmax(1).scatter(1, target, -1.0)
        gradients.append(q.to(weight.dtype) @ weight)
    return torch.cat(gradients), torch.cat(scales)
