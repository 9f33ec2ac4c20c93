"""Which units `dropout` between layers dropped: drawn again from the random state at the call.

On the CPU PyTorch draws one mask after each layer but the highest, from the default generator, for
the whole output of the layer (time-major; packed: for its data), and scales what is kept by
1 / (1 - p). The same draws from a generator of our own, set to the state before the call, give the
same masks; that it must end in the state after the call shows that nothing else drew meanwhile.

Source: apply_layer_stack in PyTorch's aten/src/ATen/native/RNN.cpp.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence


def drops_units(module: nn.Module) -> bool:
    """Whether a module drops units between its layers when it is called now."""
    return (
        isinstance(module, nn.RNNBase)
        and module.training
        and module.dropout > 0
        and module.num_layers > 1
    )


def random_state() -> Tensor:
    """The state of the CPU's default generator."""
    return torch.default_generator.get_state()


def masks_between(
    module: nn.RNNBase, output: Tensor | PackedSequence, before: Tensor, after: Tensor
) -> list[Tensor] | None:
    """What the output of each layer but the highest was multiplied by: 0 or 1 / (1 - p).

    Args:
        module: stock, training.
        output: of the call, which has the shape of every layer's output.
        before: the random state before the call.
        after: the random state after it.

    Returns:
        One mask a layer, laid out as `output`; None if the random numbers were not the call's
        alone.
    """
    data = output.data if isinstance(output, PackedSequence) else output
    turned = data.ndim == 3 and module.batch_first and not isinstance(output, PackedSequence)
    time_major = data.transpose(0, 1) if turned else data
    generator, masks = torch.Generator(), []
    generator.set_state(before)
    keep = 1.0 - module.dropout
    shape = (*time_major.shape[:-1], _width(module))
    for _ in range(module.num_layers - 1):
        noise = torch.zeros(shape, dtype=data.dtype)
        if keep > 0:
            noise.bernoulli_(keep, generator=generator).div_(keep)
        masks.append(noise.transpose(0, 1) if turned else noise)
    return masks if torch.equal(generator.get_state(), after) else None


def _width(module: nn.RNNBase) -> int:
    return (module.proj_size or module.hidden_size) * (1 + module.bidirectional)
