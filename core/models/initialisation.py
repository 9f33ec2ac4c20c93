"""The numbers a network starts from, drawn in float64 from the spec's seed alone."""

import hashlib
import math
from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.errors import SpecError
from core.models.spec import ModelSpec

Draw = Callable[[Tensor, torch.Generator], object]

# The block that carries the candidate state goes by another name in each cell; under one name it
# takes the same numbers in all of them, so cells compared at one seed differ only by their gates.
_STREAM_NAMES = {"new": "candidate", "cell": "candidate"}


def draw_parameters(spec: ModelSpec) -> Iterator[tuple[str, Float[Tensor, "..."]]]:
    """Yields every parameter of the spec's network, by its name in the state dict.

    With H = `hidden_size` and F = H times the number of directions, the head's fan-in:

    | `initialisation` | W_ih | W_hh | biases | head weight | head bias |
    |---|---|---|---|---|---|
    | pytorch | U(±1/√H) | U(±1/√H) | U(±1/√H) | U(±1/√F) | U(±1/√F) |
    | orthogonal | U(±1/√H) | each H x H block orthogonal | U(±1/√H) | U(±1/√F) | U(±1/√F) |
    | normal | N(0, σ²) | N(0, σ²) | 0 | N(0, σ²) | 0 |

    An embedding is N(0, 1) always, as in nn.Embedding: it stands where the one-hot vector stood.
    `spectral_radius` then scales each H x H block of W_hh.

    Every block has its own stream of random numbers, seeded by the spec's seed and the block's
    name. So, at one seed: the head and the embedding are the same for every cell; the RNN's W_ih,
    W_hh and biases are those of the GRU's new gate and of the LSTM's cell gate; a further layer or
    a second direction leaves the first layer's forward direction as it was; "orthogonal" differs
    from "pytorch" in W_hh alone.

    The numbers are bit for bit the same each time on one machine and one number of threads. With
    other threads LAPACK may round the orthogonal blocks, and the eigenvalues, in the 16th digit.

    Args:
        spec: The network.

    Yields:
        Name and value, float64, in the order of the state dict.

    Raises:
        SpecError: A block of W_hh has no eigenvalue but 0, so no factor gives it another radius.

    Source: torch.nn.RNN, torch.nn.Linear, torch.nn.Embedding (PyTorch documentation, 'Variables');
        Saxe, McClelland and Ganguli 2014 for the orthogonal start.
    """
    outputs = spec.num_directions * spec.hidden_size
    if spec.input == "embedding":
        shape = (spec.vocabulary_size, spec.embedding_size)
        yield "embedding.weight", _drawn(spec.seed, "embedding.weight", shape, _normal(1.0))
    for layer in range(spec.num_layers):
        inputs = spec.input_size if layer == 0 else outputs
        for direction in ("", "_reverse")[: spec.num_directions]:
            yield from _draw_layer(spec, f"_l{layer}{direction}", inputs)
    weight, bias = _weight_and_bias(spec, fan_in=outputs)
    yield "head.weight", _drawn(spec.seed, "head.weight", (spec.vocabulary_size, outputs), weight)
    yield "head.bias", _drawn(spec.seed, "head.bias", (spec.vocabulary_size,), bias)


def scale_to_radius(
    block: Float[Tensor, "unit unit"], spectral_radius: float
) -> Float[Tensor, "unit unit"]:
    """Scales a square matrix so that its largest |eigenvalue| is `spectral_radius`.

    Args:
        block: The matrix, float64: eigenvalues of a non-symmetric matrix lose half the digits.
        spectral_radius: The target, at least 0.

    Returns:
        The scaled matrix.

    Raises:
        SpecError: All eigenvalues are 0.
    """
    if spectral_radius == 0:
        return torch.zeros_like(block)
    radius = torch.linalg.eigvals(block).abs().max().item()
    if radius == 0:
        raise SpecError(
            f"`spectral_radius` (={spectral_radius}) cannot be reached: a block of W_hh has only "
            "the eigenvalue 0. Choose another `seed` or a larger `sigma`."
        )
    return block * (spectral_radius / radius)


def _draw_layer(spec: ModelSpec, suffix: str, inputs: int) -> Iterator[tuple[str, Tensor]]:
    units = spec.hidden_size
    weight, bias = _weight_and_bias(spec, fan_in=units)
    recurrent = _orthogonal if spec.initialisation == "orthogonal" else weight

    def gate_blocks(name: str, shape: tuple[int, ...], draw: Draw) -> list[Tensor]:
        streams = [f"{name}.{_STREAM_NAMES.get(gate, gate)}" for gate in spec.gates]
        return [_drawn(spec.seed, stream, shape, draw) for stream in streams]

    weight_ih = f"rnn.weight_ih{suffix}"
    yield weight_ih, torch.cat(gate_blocks(weight_ih, (units, inputs), weight))
    weight_hh = f"rnn.weight_hh{suffix}"
    blocks = gate_blocks(weight_hh, (units, units), recurrent)
    yield weight_hh, torch.cat([_with_target_radius(spec, block) for block in blocks])
    for name in (f"rnn.bias_ih{suffix}", f"rnn.bias_hh{suffix}"):
        yield name, torch.cat(gate_blocks(name, (units,), bias))


def _with_target_radius(spec: ModelSpec, block: Tensor) -> Tensor:
    if spec.spectral_radius is None:
        return block
    if spec.initialisation == "orthogonal":  # its radius is 1: no need to look for it
        return block * spec.spectral_radius
    return scale_to_radius(block, spec.spectral_radius)


def _weight_and_bias(spec: ModelSpec, *, fan_in: int) -> tuple[Draw, Draw]:
    if spec.initialisation == "normal":
        return _normal(spec.sigma), _zero
    return _uniform(1 / math.sqrt(fan_in)), _uniform(1 / math.sqrt(fan_in))


def _drawn(seed: int, stream: str, shape: tuple[int, ...], draw: Draw) -> Tensor:
    tensor = torch.empty(shape, dtype=torch.float64, device="cpu")
    draw(tensor, _generator(seed, stream))
    return tensor


def _generator(seed: int, stream: str) -> torch.Generator:
    # A digest, because torch's generator reads only the low 32 bits of a seed: without it, seeds
    # that differ above them, or by the number of a block, would give the same weights.
    digest = hashlib.sha256(f"{seed}:{stream}".encode()).digest()
    return torch.Generator(device="cpu").manual_seed(int.from_bytes(digest[:4], "big"))


def _uniform(bound: float) -> Draw:
    return lambda tensor, generator: tensor.uniform_(-bound, bound, generator=generator)


def _normal(sigma: float) -> Draw:
    return lambda tensor, generator: tensor.normal_(0.0, sigma, generator=generator)


def _zero(tensor: Tensor, _: torch.Generator) -> None:
    tensor.zero_()


def _orthogonal(tensor: Tensor, generator: torch.Generator) -> None:
    nn.init.orthogonal_(tensor, generator=generator)
