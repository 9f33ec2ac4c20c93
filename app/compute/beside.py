"""The n-gram models shown beside a network: counted on what it learnt from, or not shown."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.compute import counts, reference_models, texts, trained
from app.compute.bounded import Bounded
from app.compute.networks import Network
from app.compute.reference_models import REFERENCES, ReferenceSurprise
from app.compute.texts import TokenText
from app.theme import plural
from core.models.checkpoints import Checkpoint
from core.text import NgramCounts, Split, Stretch

FEWEST = 250
"""tokens to count on, besides as many as are read: models of fewer would only be shown to be bad"""
OWN = "own"
"""the text that is read, where it is also what was counted"""
_NONE = "No n-grams beside it: "


@dataclass(frozen=True, eq=False)
class Beside:
    """The n-gram models beside a network.

    Attributes:
        models: From unigram to trigram; none where there is nothing fair to count on.
        note: What they counted, as it completes "a trigram"; where there are none, a sentence that
            says why.
        text: Where the counted text is found: `OWN`, the name of one in the box, or "".
        learnt: How many tokens from its beginning were counted; None for all but the stretch.
    """

    models: tuple[ReferenceSurprise, ...]
    note: str
    text: str = ""
    learnt: int | None = None


@dataclass(frozen=True, eq=False)
class _Material:
    """What a network learnt from: its indices, a name for them, and where the text is found."""

    indices: NDArray[np.int64]
    digest: str
    text: str


def ngrams_beside(
    network: Network, digest: str, tokens: TokenText, stretch: Stretch, noun: str
) -> Beside:
    """The models to show, or why there are none.

    Args:
        network: That reads.
        digest: Of the text that is read.
        tokens: That text, in the network's vocabulary.
        stretch: The part that is read.
        noun: What a token is called.
    """
    if network.checkpoint is None:
        rest = len(tokens.tokens) - len(stretch) - 1
        if rest < max(FEWEST, len(stretch)):
            return Beside((), f"{_NONE}the text goes on for {plural(max(rest, 0), noun)} only, too "
                          "few to count on.")  # fmt: skip
        models = reference_models.references(tokens, stretch)
        return Beside(models, f"counted on the other {plural(rest, noun)} of the text, ε = 1", OWN)
    material = _material(network, network.checkpoint, digest, tokens)
    if isinstance(material, str):
        return Beside((), f"{_NONE}{material}.")
    learnt = len(material.indices)
    if learnt < FEWEST:
        return Beside((), f"{_NONE}the network learnt from {plural(learnt, noun)} only, too few to "
                      "count on.")  # fmt: skip
    key = (material.digest, tokens.vocabulary.digest, learnt)
    size = len(tokens.vocabulary)
    tally = _tallies.get(key, lambda: NgramCounts.of(material.indices, size, len(REFERENCES)))
    read = tokens.vocabulary.encode((*stretch.inputs, stretch.targets[-1]))
    models = reference_models.surprise_of(tally, read)
    note = f"counted on the {plural(learnt, noun)} it learnt from, ε = 1"
    return Beside(models, note, material.text, learnt)


def learnt_tokens(checkpoint: Checkpoint, total: int) -> int | None:
    """How many tokens of its text, from the beginning, a network learnt from; None: unknown.

    Args:
        checkpoint: The network.
        total: Tokens of the whole text.
    """
    if any(trained.shipped(model.name) is checkpoint for model in trained.shipped_models()):
        return Split.at_end(total).train[1]
    recorded = checkpoint.training.get("train_tokens")
    return recorded if type(recorded) is int and 2 <= recorded <= total else None


def _material(
    network: Network, checkpoint: Checkpoint, digest: str, tokens: TokenText
) -> _Material | str:
    """What a trained network learnt from, or why that is not known."""
    if checkpoint.vocabulary is None or network.numbered or not checkpoint.text_digest:
        return "what this network learnt from is not known"
    known = {texts.shipped(each.name).digest: each.name for each in texts.shipped_texts()}
    name, own = known.get(checkpoint.text_digest), network.material
    if own is not None:
        # A text learnt here may have been replaced by another one since.
        found = name or (OWN if own.text_digest == digest else "")
        return _Material(own.train.numpy(), own.text_digest, found)
    if checkpoint.text_digest == digest:
        whole, found = tokens, name or OWN
    elif name is not None and checkpoint.scheme is not None:
        text = texts.shipped(name)
        whole, found = texts.tokens_of(text.digest, checkpoint.scheme, text.text), name
    else:
        return "the text this network learnt from is not here"
    learnt = learnt_tokens(checkpoint, len(whole.tokens))
    if learnt is None:
        return "its file does not say which part of its text this network learnt from"
    indices = checkpoint.vocabulary.encode(whole.tokens[:learnt])
    return _Material(np.array(indices, np.int64), checkpoint.text_digest, found)


_tallies: Bounded[NgramCounts] = Bounded(counts.MOST_BYTES // 4, counts.bytes_of_counts)
