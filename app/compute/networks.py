"""Networks to look into: drawn from a spec, or at one moment of a training."""

from dataclasses import dataclass
from functools import cached_property

import torch

from app.compute.texts import TokenText
from core.learning import TrainingText
from core.models import ModelSpec, SequenceModel
from core.models.checkpoints import Checkpoint
from core.text import UNKNOWN, TokenScheme, Vocabulary


@dataclass(frozen=True, eq=False)
class Network:
    """One network, and how it came to be.

    Attributes:
        spec: what it is.
        checkpoint: where its weights are from; None for the drawn ones.
        step: of the checkpoint's snapshot; None for its final state.
        name: of the text it learnt; "" for an untrained one.
        material: what it learnt from, where it was trained in this session.
    """

    spec: ModelSpec
    checkpoint: Checkpoint | None = None
    step: int | None = None
    name: str = ""
    material: TrainingText | None = None

    @cached_property
    def digest(self) -> str:
        """A cache key: the spec, or the weights and which of them."""
        if self.checkpoint is None:
            return self.spec.digest
        return f"{self.checkpoint.digest}:{self.step}"

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The tokens it learnt, or None if it reads any."""
        return None if self.checkpoint is None else self.checkpoint.vocabulary

    @cached_property
    def numbered(self) -> bool:
        """Whether its tokens are numbers, since nobody knows their names."""
        known = self.vocabulary
        names = () if known is None else set(known.tokens) - {UNKNOWN}
        return bool(names) and all(name[0] == "#" and name[1:].isdigit() for name in names)

    @property
    def scheme(self) -> TokenScheme | None:
        """How its text was cut, or None."""
        return None if self.checkpoint is None else self.checkpoint.scheme

    @property
    def learnt(self) -> int | None:
        """After how many steps of training; None where that is not known, 0 if untrained."""
        if self.checkpoint is None:
            return 0
        if self.step is not None:
            return self.step
        steps = self.checkpoint.training.get("steps")
        return steps if isinstance(steps, int) else None

    def model(self, dtype: torch.dtype = torch.float64) -> SequenceModel:
        """The network, ready to read."""
        if self.checkpoint is None:
            return SequenceModel.from_spec(self.spec, dtype)
        return self.checkpoint.model(dtype, self.step)


def seconds_to_read(spec: ModelSpec, steps: int) -> float:
    """About how long one picture of a network takes to compute, its gradient included.

    Measured on one core of 2024 in float64. Memory bounds the speed: every step reads the weights
    from it again, forward and backward.

    Args:
        spec: What the network is.
        steps: How many tokens it reads.
    """
    head = spec.vocabulary_size * spec.num_directions * spec.hidden_size
    table = spec.vocabulary_size * spec.embedding_size if spec.input == "embedding" else 0
    recurrent = spec.parameter_count - head - table
    return steps * (3.5e-9 * recurrent + 0.7e-9 * head)


def in_its_tokens(tokens: TokenText, network: Network) -> TokenText:
    """The text in the vocabulary that a trained network learnt; others read it as it is.

    Args:
        tokens: the text, cut as the network's scheme says.
        network: that is to read it.
    """
    known = network.vocabulary
    if known is None:
        return tokens
    if network.numbered:
        return _numbered(tokens, known)
    unknown = len({*tokens.tokens} - {*known.tokens})
    return TokenText(tokens.tokens, known, unknown, f"{tokens.digest}:{known.digest}")


def _numbered(tokens: TokenText, known: Vocabulary) -> TokenText:
    """The text's k-th token, as its vocabulary is sorted, as #k; those beyond are unknown."""
    names = [name for name in known.tokens if name != UNKNOWN]
    own = [token for token in tokens.vocabulary.tokens if token != UNKNOWN]
    named = dict(zip(own, names, strict=False))
    shown = tuple(named.get(token, UNKNOWN) for token in tokens.tokens)
    digest = f"{tokens.digest}:{known.digest}"
    return TokenText(shown, known, max(0, len(own) - len(names)), digest)
