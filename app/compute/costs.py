"""What a computation costs, in seconds of one core, from the size of the network and the text.

An estimate decides who waits for whom and what the page says before long work begins. It counts
what each analysis does most (products with weights read from memory once a step, products of
matrices, decompositions, calls of the libraries) and weighs it by what that took on a server with
two shared cores; `tests/test_results.py` holds it against measurements.
Another machine may take half or twice as long; that hardly changes which work is long.

Letters: T steps, L layers, H units, G gate blocks, D what a layer reads, V tokens.
"""

from core.models import LossAt, ModelSpec
from core.models.spec import GATES

__all__ = [
    "about", "bet", "check_cuts", "check_decay", "check_reach", "decay", "features", "forward",
    "one_cut", "randomised", "reach", "read", "trace", "truncated", "writing",
]  # fmt: skip

CALLS = 50e-6
"""a step of one layer, however small"""
TURN = 0.3e-3
"""a turn of a loop that does a dozen things"""
WEIGHT = 1.2e-9
"""a weight that is read from memory once"""
FLOP = 0.065e-9
"""a multiplication or an addition inside a product of matrices"""
DRAWN = 15e-9
"""a weight that is drawn"""
EIGENVALUE = 3.7e-9
"""of a matrix, a cube of its size"""
COMPARED = 15e-9
"""an entry of a gradient that is compared with the whole one"""
NODE = 0.8e-3
"""a step of one layer under autograd, there and back"""


def about(spec: ModelSpec, steps: int) -> str:
    """What computes, in words: "an LSTM of 4 layers with 512 units over 500 steps"."""
    name = {"rnn_tanh": "an RNN", "rnn_relu": "a ReLU RNN", "gru": "a GRU", "lstm": "an LSTM"}
    layers = f"of {spec.num_layers} layers " if spec.num_layers > 1 else ""
    units = f"{spec.hidden_size:,} unit{'' if spec.hidden_size == 1 else 's'}"
    ways = " in both directions" if spec.bidirectional else ""
    return f"{name[spec.cell]} {layers}with {units}{ways} over {steps:,} steps"


def forward(spec: ModelSpec, steps: int) -> float:
    """The network drawn, and one reading."""
    return _drawn(spec) + steps * (_layers(spec) * CALLS + WEIGHT * _weights(spec)) / 2


def trace(spec: ModelSpec, steps: int) -> float:
    """A reading and the gradient of one loss."""
    return _drawn(spec) + steps * (_layers(spec) * CALLS + WEIGHT * _weights(spec))


def read(spec: ModelSpec, steps: int) -> float:
    """All that the explorer shows."""
    return 2.3 * trace(spec, steps) + steps * 60e-9 * spec.vocabulary_size


def decay(spec: ModelSpec, steps: int) -> float:
    """Norms, Jacobians, theory, spectra and a Lyapunov exponent."""
    size, block = spec.hidden_size, _recurrent(spec)
    product = 2 * size**3 * (2 if spec.cell == "lstm" else 1)
    jacobians = steps * (0.7e-3 + 0.7 * FLOP * product + 35e-9 * size**2)
    exponent = steps * (0.12e-3 + 2.3e-9 * block)
    spectra = len(GATES[spec.cell]) * (1.5e-3 + EIGENVALUE * size**3)
    return trace(spec, steps) + jacobians + 2 * exponent + 2 * spectra


def reach(spec: ModelSpec, steps: int, layer: str | None = None) -> float:
    """All losses back through the layers from the highest to one.

    Args:
        spec: of the network.
        steps: T.
        layer: by its name, as "rnn.l0"; the highest if None.
    """
    lowest = spec.num_layers - 1
    if layer is not None:
        lowest = int(layer.removeprefix("rnn.l").removesuffix("_reverse"))
    size, gates, ways = spec.hidden_size, len(GATES[spec.cell]), spec.num_directions
    # One direction: only losses that are still to come. Two: every loss meets every step.
    rows = steps**2 * (ways if spec.bidirectional else 0.5)
    width = size * (2 if spec.cell == "lstm" else 1)
    total = 0.0
    for number in range(lowest, spec.num_layers):
        given = _read_by(spec, number)
        shown = min(given, gates * size * ways)
        if given > shown:  # what gives the same norms of W_ihᵀ da is found by a decomposition
            total += FLOP * 2 * given * shown**2
        mixed = steps * ways * (0.5e-3 + 2e-9 * gates * size * (size + shown))
        total += 1.4 * (mixed + rows * FLOP * 2 * width * (size + shown))
    return forward(spec, steps) + total


def truncated(spec: ModelSpec, steps: int, at: LossAt, lengths: int) -> float:
    """Sliding windows of all lengths, and segments of some.

    Args:
        spec: of the network.
        steps: T.
        at: the loss; at every step it is many.
        lengths: of segments.
    """
    block = _recurrent(spec)
    losses = steps if at == "mean" else 1
    windows = steps * (TURN + COMPARED * block) + FLOP * 4 * block * steps * (losses - 1) / 2
    rows = min(lengths, steps) * steps
    segments = rows * (1.5 * FLOP * 4 * block + 60e-9 * block / spec.hidden_size)
    return trace(spec, steps) + windows + segments


def one_cut(spec: ModelSpec, steps: int) -> float:
    """One way to cut, of a gradient that is traced."""
    return steps * (TURN + 2 * WEIGHT * _recurrent(spec))


def randomised(spec: ModelSpec, steps: int) -> float:
    """Moments of random cuts for one loss, of a gradient that is traced."""
    return steps * (TURN + 2 * WEIGHT * _recurrent(spec))


def bet(spec: ModelSpec, steps: int, name: str) -> float:
    """The answer to a question."""
    if name == "truncation":
        return truncated(spec, steps, "mean", 1)
    return 3 * trace(spec, steps)


def check_decay(spec: ModelSpec, steps: int) -> float:
    """The curves of one network by autograd."""
    size = spec.hidden_size
    jacobian = steps * (NODE + FLOP * 3 * 2 * size * _recurrent(spec)) + 6 * 2.5e-9 * size**3
    return 2 * (_checked(spec, steps) + jacobian)


def check_reach(spec: ModelSpec, steps: int) -> float:
    """Some rows of the matrix by autograd."""
    return 2 * 8 * _checked(spec, steps)


def check_cuts(spec: ModelSpec, steps: int) -> float:
    """Two gradients of W_hh by autograd."""
    return 2 * 2 * _checked(spec, steps) + trace(spec, steps)


def features(spec: ModelSpec, steps: int) -> float:
    """Which unit follows which feature of the text."""
    return 0.05 + steps * spec.hidden_size * 100e-9


def writing(spec: ModelSpec, prefix: int, length: int, beams: int) -> float:
    """A text written.

    Args:
        spec: of the network.
        prefix: tokens read before.
        length: tokens written at most.
        beams: of beam search, 0 for none.
    """
    token = TURN + _layers(spec) * CALLS + WEIGHT * _weights(spec)
    sorted_ = 150e-9 * spec.vocabulary_size * max(1, beams)
    return forward(spec, prefix) + length * (2 if beams else 1) * (token + sorted_)


def _layers(spec: ModelSpec) -> int:
    return spec.num_layers * spec.num_directions


def _read_by(spec: ModelSpec, number: int) -> int:
    """D of a layer."""
    if number:
        return spec.hidden_size * spec.num_directions
    return spec.embedding_size if spec.input == "embedding" else spec.vocabulary_size


def _recurrent(spec: ModelSpec) -> int:
    """Entries of one W_hh."""
    return len(GATES[spec.cell]) * spec.hidden_size**2


def _weights(spec: ModelSpec) -> int:
    """Entries of all weight matrices."""
    rows = len(GATES[spec.cell]) * spec.hidden_size * spec.num_directions
    layers = (rows * (_read_by(spec, n) + spec.hidden_size) for n in range(spec.num_layers))
    return sum(layers) + spec.vocabulary_size * spec.hidden_size * spec.num_directions


def _drawn(spec: ModelSpec) -> float:
    """The network itself, as far as it is not in a file."""
    scaled = spec.spectral_radius is not None and spec.initialisation != "orthogonal"
    scaling = _layers(spec) * len(GATES[spec.cell]) * EIGENVALUE * spec.hidden_size**3
    return DRAWN * _weights(spec) + (scaling if scaled else 0)


def _checked(spec: ModelSpec, steps: int) -> float:
    """One stepwise run, there and back."""
    return steps * (_layers(spec) * NODE + 3 * WEIGHT * _weights(spec))
