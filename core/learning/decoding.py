"""A network writes: it reads a prefix, then chooses one token after the other.

The state is carried, so every token costs one step of the network, whatever came before.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from core.errors import CoreError
from core.learning.choosing import DecodingSpec, kept_distribution, require_whole
from core.models import MAX_SEED, SequenceModel
from core.models.sequence_model import State
from core.progress import checkpoint

MAX_LENGTH = 100_000
LOOP_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """One token written, and what it was chosen from.

    Attributes:
        step: Number of the token among those written, from 0.
        index: The token.
        log_probability: Its log p under the network itself, in nats.
        chance: Its probability in the distribution drawn from (1 if greedy).
        kept: How many tokens had a chance.
        drawn_from: The likeliest tokens of the distribution drawn from, each with its chance.
        likeliest: The network's own likeliest tokens, each with its log p.
        entropy: Of the network's own distribution, in nats, 0 to log V.
    """

    step: int
    index: int
    log_probability: float
    chance: float
    kept: int
    drawn_from: tuple[tuple[int, float], ...]
    likeliest: tuple[tuple[int, float], ...]
    entropy: float

    @property
    def probability(self) -> float:
        """The token's probability under the network itself."""
        return math.exp(self.log_probability)


def warm_up(
    model: SequenceModel, prefix: Sequence[int]
) -> tuple[State, Float[Tensor, " vocabulary"]]:
    """Reads a prefix.

    Before an empty prefix the network has read nothing, and nothing in its equations guesses at a
    first token: a guess comes after an input. What is given then is the zero state and its logits
    W_hq 0 + b_q = b_q, the head's bias. Training never asked for that guess (every loss comes after
    at least one token), so it is a start and not a forecast; reading `<unk>` instead would be
    worse, because in a text without unknown tokens its weights are never trained at all.

    Args:
        model: A network that reads forward only.
        prefix: Token indices, each from 0 to V - 1; may be empty.

    Returns:
        The state after the prefix, for one sequence, as the model takes it; and the logits for
        the token after it, (V,).

    Raises:
        CoreError: The network is bidirectional, or `prefix` leaves the vocabulary.
    """
    if model.spec.bidirectional:
        raise CoreError(
            "`model` (bidirectional=True) cannot write: its second direction starts from the end "
            "of the text. Use a network with `bidirectional=False`."
        )
    if not len(prefix):
        return _nothing_read(model)
    for index in prefix:
        _require_token("prefix", index, model.spec.vocabulary_size)
    column = torch.tensor([int(index) for index in prefix]).unsqueeze(1)
    with torch.no_grad():
        logits, state = model(column)
    return state, logits[-1, 0]


def advance(
    model: SequenceModel, tokens: Int64[Tensor, " batch"], state: State
) -> tuple[State, Float[Tensor, "batch vocabulary"]]:
    """One step of the network: each sequence of a batch reads one token.

    Args:
        model: The network.
        tokens: One index for each sequence, (batch,).
        state: The state before it.

    Returns:
        The state after it and the logits for the next token, (batch, V).
    """
    with torch.no_grad():
        logits, state = model(tokens.unsqueeze(0), state)
    return state, logits[0]


def log_distribution(
    logits: Float[Tensor, "*batch vocabulary"],
) -> Float[Tensor, "*batch vocabulary"]:
    """Log p in float64.

    Raises:
        CoreError: The network gives NaN or infinity: its weights or states overflowed.
    """
    values = logits.double().log_softmax(-1)
    if values.isnan().any():
        raise CoreError(
            "`model` gives logits that are not finite: its weights or states overflowed. Take an "
            "earlier snapshot, or train with clipping or a lower learning rate."
        )
    return values


def decode(
    model: SequenceModel,
    prefix: Sequence[int],
    length: int,
    spec: DecodingSpec,
    seed: int = 0,
    top: int = 10,
) -> Iterator[Choice]:
    """Writes on from a prefix, one token at a time.

    The same arguments give the same text. Each token drawn takes one random number, so two specs
    at one seed meet the same numbers.

    Args:
        model: A network that reads forward only.
        prefix: Token indices, may be empty (see `warm_up`).
        length: How many tokens to write at most, 0 to 100,000.
        spec: How to choose.
        seed: 0 to 2⁶³ - 1.
        top: How many of the likeliest tokens each choice lists, at least 1.

    Returns:
        The choices; the network runs as they are asked for.

    Raises:
        CoreError: An argument is out of range, at once; or the network gives NaN, on the way.
    """
    require_whole("length", length, 0, MAX_LENGTH)
    require_whole("seed", seed, 0, MAX_SEED)
    require_whole("top", top, 1)
    if spec.stop is not None:
        _require_token("stop", spec.stop, model.spec.vocabulary_size)
    generator = torch.Generator(device="cpu").manual_seed(seed)
    state, logits = warm_up(model, prefix)
    return _choices(model, state, logits, length, spec, generator, top)


def loop_of(indices: Sequence[int]) -> tuple[int, int] | None:
    """Whether a text ends in a loop: the same tokens at least three times over.

    A text of "ab ll ll" again and again ends in "l" too: what counts is the loop that covers most.

    Args:
        indices: The tokens.

    Returns:
        Where the loop that covers most begins and its period, the shortest of them; None without
        a loop.
    """
    size, found = len(indices), None
    for period in range(1, size // LOOP_REPEATS + 1):
        start = size - period
        while start > 0 and indices[start - 1] == indices[start - 1 + period]:
            start -= 1
        if size - start >= LOOP_REPEATS * period and (found is None or start < found[0]):
            found = start, period
    return found


def _choices(
    model: SequenceModel,
    state: State,
    logits: Tensor,
    length: int,
    spec: DecodingSpec,
    generator: torch.Generator,
    top: int,
) -> Iterator[Choice]:
    for step in range(length):
        checkpoint(step, length)
        choice = _chosen(step, log_distribution(logits), spec, generator, top)
        yield choice
        if choice.index == spec.stop or step == length - 1:
            return
        state, rows = advance(model, torch.tensor([choice.index]), state)
        logits = rows[0]


def _chosen(
    step: int, log_p: Tensor, spec: DecodingSpec, generator: torch.Generator, top: int
) -> Choice:
    tokens, chances = kept_distribution(log_p, spec)
    place = 0 if spec.strategy == "greedy" else _drawn(chances, generator)
    index = int(tokens[place])
    ranked, order = torch.sort(log_p, descending=True, stable=True)
    return Choice(
        step=step,
        index=index,
        log_probability=float(log_p[index]),
        chance=float(chances[place]),
        kept=len(tokens),
        drawn_from=_pairs(tokens, chances, top),
        likeliest=_pairs(order, ranked, top),
        entropy=float(torch.special.entr(log_p.exp()).sum()),
    )


def _drawn(chances: Tensor, generator: torch.Generator) -> int:
    """The place whose share of the unit interval holds one random number."""
    uniform = torch.rand((), dtype=torch.float64, device="cpu", generator=generator)
    place = int(torch.searchsorted(chances.cumsum(0), uniform, right=True))
    return min(place, len(chances) - 1)  # the sum may be a rounding short of 1


def _pairs(tokens: Tensor, values: Tensor, top: int) -> tuple[tuple[int, float], ...]:
    return tuple(zip(tokens[:top].tolist(), values[:top].tolist(), strict=True))


def _nothing_read(model: SequenceModel) -> tuple[State, Tensor]:
    spec, bias = model.spec, model.head.bias.detach()
    h = bias.new_zeros(spec.num_layers, 1, spec.hidden_size)
    return (h, h.clone()) if spec.cell == "lstm" else h, bias.clone()


def _require_token(name: str, index: object, vocabulary_size: int) -> None:
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < vocabulary_size:
        raise CoreError(
            f"`{name}` (={index!r}) must be an index between 0 and {vocabulary_size - 1}, the "
            "last of the vocabulary."
        )
