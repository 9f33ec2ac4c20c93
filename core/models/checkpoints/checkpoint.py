"""A trained network as one frozen value: what it is, what it reads, and how it came to be."""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.errors import CheckpointError
from core.models.checkpoints.shapes import parameter_shapes
from core.models.checkpoints.strict_json import parse_json, write_json
from core.models.checkpoints.wording import listed, shown
from core.models.sequence_model import SequenceModel
from core.models.spec import ModelSpec
from core.text.tokens import TokenScheme, require_scheme
from core.text.vocabulary import Vocabulary

FORMAT_VERSION = 1
MAX_STEP = 999_999_999
MAX_TITLE = 200
MAX_NOTES = 20
MAX_NOTE = 1_000

_DIGEST = re.compile("[0-9a-f]{64}")

Weights = Mapping[str, Float[Tensor, "..."]]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The weights as they were at one moment of a training.

    Attributes:
        step: After which they were taken, 0 (untrained) to 999,999,999.
        weights: Every parameter by its name in the state dict of `SequenceModel`, float32 or
            float64, finite in float32; copies of what was given.
        validation_perplexity: With these weights, finite and above 0; None if it is not known.

    Raises:
        CheckpointError: An attribute is of the wrong type or out of its range.
    """

    step: int
    weights: Weights = field(repr=False)
    validation_perplexity: float | None = None

    def __post_init__(self) -> None:
        if type(self.step) is not int or not 0 <= self.step <= MAX_STEP:
            raise CheckpointError(
                f"`step` (={shown(self.step)}) must be a whole number between 0 and {MAX_STEP:,}."
            )
        perplexity = self.validation_perplexity
        if perplexity is not None:
            is_number = isinstance(perplexity, int | float) and not isinstance(perplexity, bool)
            if not (is_number and 0 < perplexity < math.inf):  # false for NaN too
                raise CheckpointError(
                    f"`validation_perplexity` (={shown(perplexity)}) must be a finite number "
                    "above 0, or None."
                )
            object.__setattr__(self, "validation_perplexity", float(perplexity))
        object.__setattr__(self, "weights", _owned(self.weights, f"step {self.step}"))


@dataclass(frozen=True, eq=False, kw_only=True)
class Checkpoint:
    """A network with its weights and everything needed to read a text with it.

    Attributes:
        spec: The network.
        weights: Of the final state: every parameter by its name in the state dict of
            `SequenceModel`, float32 or float64, finite in float32; copies of what was given.
        vocabulary: The tokens, as many as the spec's; None if they are not known.
        scheme: How a text is cut into these tokens; None if it is not known.
        snapshots: The weights at moments of the training, by ascending step.
        training: A record of plain values with text keys, such as the settings of the training
            and its curve. A copy of what was given, with lists for tuples.
        text_digest: SHA-256 of the text, in hexadecimal; "" if it is not known.
        title: A few words for people, at most 200 characters.
        notes: Sentences to show, such as what was added to a file that others made.
        format_version: Of the file; this library knows 1.

    Raises:
        CheckpointError: An attribute is of the wrong type or out of its range, or the weights
            are not those of the spec.
    """

    spec: ModelSpec
    weights: Weights = field(repr=False)
    vocabulary: Vocabulary | None = None
    scheme: TokenScheme | None = None
    snapshots: tuple[Snapshot, ...] = ()
    training: Mapping[str, Any] = field(default_factory=dict, repr=False)
    text_digest: str = ""
    title: str = ""
    notes: tuple[str, ...] = ()
    format_version: int = FORMAT_VERSION

    def __post_init__(self) -> None:
        if type(self.format_version) is not int or self.format_version != FORMAT_VERSION:
            raise CheckpointError(
                f"`format_version` (={shown(self.format_version)}) must be {FORMAT_VERSION}, the "
                "one this version of Unrolled knows: a newer file needs a newer Unrolled."
            )
        if not isinstance(self.spec, ModelSpec):
            raise CheckpointError(f"`spec` (={shown(self.spec)}) must be a ModelSpec.")
        object.__setattr__(self, "weights", _owned(self.weights, "the final state"))
        _require_parameters(self.weights, self.spec, "the final state")
        self._require_reading()
        self._require_snapshots()
        self._require_words()
        if not isinstance(self.training, Mapping):
            raise CheckpointError(f"`training` (={shown(self.training)}) must be a mapping.")
        record = write_json(dict(self.training), "training")
        object.__setattr__(self, "training", parse_json(record.encode(), _unfit))

    def model(self, dtype: torch.dtype = torch.float32, step: int | None = None) -> SequenceModel:
        """Builds the network, ready to read: in evaluation mode, without gradients.

        Args:
            dtype: torch.float32 or torch.float64; the weights are converted.
            step: Of a snapshot; None for the final state.

        Returns:
            A new network; changing it does not change the checkpoint.

        Raises:
            CheckpointError: There is no snapshot of that step.
            SpecError: `dtype` is another one.
        """
        model = SequenceModel(self.spec, dtype, drawn=False)
        model.load_state_dict(dict(self._weights_at(step)))
        return model.requires_grad_(False).eval()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the spec and all weights, snapshots included, in hexadecimal: a cache key."""
        digest = hashlib.sha256(self.spec.digest.encode())
        for place, weights in [
            (None, self.weights),
            *((s.step, s.weights) for s in self.snapshots),
        ]:
            for name in sorted(weights):
                tensor = weights[name]
                digest.update(f"{place} {name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
                digest.update(tensor.numpy().tobytes())
        return digest.hexdigest()

    def _weights_at(self, step: int | None) -> Weights:
        if step is None:
            return self.weights
        for snapshot in self.snapshots:
            if snapshot.step == step:
                return snapshot.weights
        raise CheckpointError(
            f"`step` (={shown(step)}) must be that of a snapshot "
            f"({listed(snapshot.step for snapshot in self.snapshots)}), or None for the final "
            "state."
        )

    def _require_reading(self) -> None:
        if self.vocabulary is not None:
            if not isinstance(self.vocabulary, Vocabulary):
                raise CheckpointError(
                    f"`vocabulary` (={shown(self.vocabulary)}) must be a Vocabulary or None."
                )
            if len(self.vocabulary) != self.spec.vocabulary_size:
                raise CheckpointError(
                    f"`vocabulary` (of {len(self.vocabulary):,} tokens) must have as many as the "
                    f"spec's `vocabulary_size` (={self.spec.vocabulary_size:,})."
                )
        if self.scheme is not None:
            if not isinstance(self.scheme, str):
                raise CheckpointError(f"`scheme` (={shown(self.scheme)}) must be a text or None.")
            require_scheme(self.scheme)

    def _require_snapshots(self) -> None:
        if not isinstance(self.snapshots, tuple) or not all(
            isinstance(snapshot, Snapshot) for snapshot in self.snapshots
        ):
            raise CheckpointError(
                f"`snapshots` (of type {type(self.snapshots).__name__}) must be a tuple of "
                "Snapshot."
            )
        steps = [snapshot.step for snapshot in self.snapshots]
        if steps != sorted(set(steps)):
            raise CheckpointError(
                f"`snapshots` (of steps {listed(steps)}) must be in ascending order, each step "
                "once."
            )
        for snapshot in self.snapshots:
            _require_parameters(snapshot.weights, self.spec, f"step {snapshot.step}")

    def _require_words(self) -> None:
        _require_text("title", self.title, MAX_TITLE)
        _require_text("text_digest", self.text_digest, 64)
        if self.text_digest and not _DIGEST.fullmatch(self.text_digest):
            raise CheckpointError(
                f"`text_digest` (={shown(self.text_digest)}) must be 64 hexadecimal digits, or "
                'empty ("").'
            )
        if not isinstance(self.notes, tuple) or len(self.notes) > MAX_NOTES:
            raise CheckpointError(
                f"`notes` (={shown(self.notes)}) must be a tuple of at most {MAX_NOTES} texts."
            )
        for note in self.notes:
            _require_text("notes", note, MAX_NOTE)


def require_finite(name: str, tensor: Tensor, where: str) -> None:
    """Refuses weights with which nothing can be computed.

    Args:
        name: Of the tensor.
        tensor: Its numbers.
        where: The argument it belongs to.

    Raises:
        CheckpointError: One of them is NaN or, in float32, infinite.
    """
    finite = torch.isfinite(tensor.to(torch.float32))  # in which the network may be built
    if not finite.all():
        count = int((~finite).sum())
        raise CheckpointError(
            f"`{where}` holds {shown(name)}, of whose {tensor.numel():,} numbers {count:,} are "
            "NaN or infinite: take weights from before the training went wrong."
        )


def _owned(weights: Weights, when: str) -> Weights:
    """A frozen copy: training goes on with the tensors that were given."""
    if not isinstance(weights, Mapping):
        raise CheckpointError(f"`weights` (={shown(weights)}) must be a mapping of tensors.")
    copies: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise CheckpointError(
                f"`weights` of {when} holds {shown(name)} of type {type(tensor).__name__}, which "
                "must be a tensor under a text as its name."
            )
        if tensor.dtype not in (torch.float32, torch.float64) or tensor.layout != torch.strided:
            raise CheckpointError(
                f"`weights` of {when} holds {shown(name)} of type {tensor.dtype} and layout "
                f"{tensor.layout}, which must be torch.float32 or torch.float64, dense."
            )
        copies[name] = tensor.detach().to("cpu").clone(memory_format=torch.contiguous_format)
    return MappingProxyType(copies)


def _require_parameters(weights: Weights, spec: ModelSpec, when: str) -> None:
    shapes = parameter_shapes(spec)
    if weights.keys() != shapes.keys():
        raise CheckpointError(
            f"`weights` of {when} must hold exactly the parameters of the spec's network: it "
            f"lacks {listed(name for name in shapes if name not in weights)} and holds "
            f"{listed(name for name in weights if name not in shapes)} besides."
        )
    for name, shape in shapes.items():
        if tuple(weights[name].shape) != shape:
            raise CheckpointError(
                f"`weights` of {when} holds {name} of shape {tuple(weights[name].shape)}, which "
                f"must be {shape} for the spec's network."
            )
    for name in shapes:
        require_finite(name, weights[name], "weights")


def _unfit(found: str) -> CheckpointError:
    return CheckpointError(f"`training` cannot be kept: {found}. Give less of it, or simpler.")


def _require_text(name: str, value: object, most: int) -> None:
    if not isinstance(value, str) or len(value) > most:
        raise CheckpointError(
            f"`{name}` (={shown(value)}) must be a text of at most {most} characters."
        )
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise CheckpointError(f"`{name}` (={shown(value)}) holds half a surrogate pair.") from error
