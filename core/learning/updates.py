"""From a gradient to new weights: optimiser, learning rate and clipping."""

import math
from collections.abc import Iterable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.learning.spec import TrainingSpec


def build_optimiser(
    spec: TrainingSpec, parameters: Iterable[nn.Parameter]
) -> torch.optim.Optimizer:
    """Makes torch.optim's optimiser of the spec's name.

    Args:
        spec: The training.
        parameters: Of the network.

    Returns:
        The optimiser, at the spec's learning rate.

    Source: torch.optim.SGD, Adam and AdamW (PyTorch documentation).
    """
    rate, decay = spec.learning_rate, spec.weight_decay
    match spec.optimiser:
        case "sgd":
            return torch.optim.SGD(parameters, lr=rate, weight_decay=decay)
        case "momentum":
            return torch.optim.SGD(parameters, lr=rate, momentum=spec.momentum, weight_decay=decay)
        case "adam":
            return torch.optim.Adam(parameters, lr=rate, weight_decay=decay)
        case "adamw":
            return torch.optim.AdamW(parameters, lr=rate, weight_decay=decay)


def learning_rate_at(spec: TrainingSpec, step: int, total_steps: int) -> float:
    """The learning rate of one update: a function of the step alone, so nothing to save.

    Args:
        spec: The training.
        step: From 1 to total_steps.
        total_steps: Updates of the whole training.

    Returns:
        For "cosine" lr (1 + cos(π (step - 1) / total_steps)) / 2, as CosineAnnealingLR gives with
        T_max = total_steps; for "linear_warmup" lr min(1, step / warmup_steps); else lr.
    """
    if spec.schedule == "cosine":
        return spec.learning_rate * (1 + math.cos(math.pi * (step - 1) / total_steps)) / 2
    if spec.schedule == "linear_warmup":
        return spec.learning_rate * min(1.0, step / spec.warmup_steps)
    return spec.learning_rate


def clip_gradients(
    spec: TrainingSpec, parameters: Sequence[nn.Parameter], norm: Float[Tensor, ""]
) -> Float[Tensor, ""]:
    """Clips the gradients in place, as the spec says.

    Args:
        spec: The training.
        parameters: With their gradients.
        norm: Global norm of the gradients, one over all parameters.

    Returns:
        The global norm after clipping.

    Source: Pascanu, Mikolov and Bengio 2013; torch.nn.utils.clip_grad_norm_, whose 10⁻⁶ keeps
        the division finite and leaves the norm that much below the threshold.
    """
    if spec.clip == "norm":
        nn.utils.clip_grads_with_norm_(parameters, spec.clip_threshold, norm)
        return norm * (spec.clip_threshold / (norm + 1e-6)).clamp(max=1.0)
    if spec.clip == "value":
        nn.utils.clip_grad_value_(parameters, spec.clip_threshold)
        return gradient_norm(parameters)
    return norm


def gradient_norm(parameters: Sequence[nn.Parameter]) -> Float[Tensor, ""]:
    """The Euclidean norm of the gradient over all parameters, as one vector.

    Args:
        parameters: With their gradients.

    Returns:
        A scalar; inf where its square is beyond the number format.
    """
    return nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
