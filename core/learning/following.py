"""What a network would have chosen from along a text that is given."""

from collections.abc import Iterator, Sequence

import torch

from core.learning.decoding import Choice, advance, log_distribution, require_whole, warm_up
from core.models import SequenceModel
from core.progress import checkpoint


def follow(
    model: SequenceModel, prefix: Sequence[int], tokens: Sequence[int], top: int = 10
) -> Iterator[Choice]:
    """The choices a network had at each token of a continuation that something else decided.

    For beam search, which decides on whole texts, or for a text of one's own.

    Args:
        model: A network that reads forward only.
        prefix: Token indices, may be empty (see `decoding.warm_up`).
        tokens: The continuation.
        top: How many of the likeliest tokens each choice lists, at least 1.

    Returns:
        One choice for each token; nothing was drawn, so `chance` is the network's own probability
        and `drawn_from` its likeliest tokens.

    Raises:
        CoreError: An argument is out of range, at once; or the network gives NaN, on the way.
    """
    size = model.spec.vocabulary_size
    require_whole("top", top, 1)
    for token in tokens:
        require_whole("tokens", token, 0, size - 1)
    state, logits = warm_up(model, prefix)
    return _choices(model, state, logits, tokens, top)


def _choices(
    model: SequenceModel,
    state: torch.Tensor | tuple[torch.Tensor, torch.Tensor],
    logits: torch.Tensor,
    tokens: Sequence[int],
    top: int,
) -> Iterator[Choice]:
    for step, index in enumerate(tokens):
        checkpoint(step, len(tokens))
        log_p = log_distribution(logits)
        ranked, order = torch.sort(log_p, descending=True, stable=True)
        best = tuple(zip(order[:top].tolist(), ranked[:top].tolist(), strict=True))
        chances = ranked.exp()
        yield Choice(
            step=step,
            index=index,
            log_probability=float(log_p[index]),
            chance=float(log_p[index].exp()),
            kept=len(log_p),
            drawn_from=tuple(zip(order[:top].tolist(), chances[:top].tolist(), strict=True)),
            likeliest=best,
            entropy=float(torch.special.entr(log_p.exp()).sum()),
        )
        if step < len(tokens) - 1:
            state, rows = advance(model, torch.tensor([index]), state)
            logits = rows[0]
