"""What a network learns from: the indices of a text, in the part that trains and the other."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int64
from numpy.typing import NDArray
from torch import Tensor

from core.errors import TextError
from core.text import Split, TokenScheme, Vocabulary


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class TrainingText:
    """A text cut in two, as indices, with what turns indices into tokens again.

    Attributes:
        train: Indices that the network learns from, (length,), at least two.
        validation: Indices that judge it, (length,), at least two.
        vocabulary: The tokens behind the indices, or None where nobody knows them.
        scheme: How the text was cut into tokens, or None.
        text_digest: SHA-256 of the text it came from, in hexadecimal; "" if nobody knows it.

    Raises:
        TextError: A part is no row of at least two indices of at least 0, or leaves the vocabulary.
    """

    train: Int64[Tensor, " length"]
    validation: Int64[Tensor, " length"]
    vocabulary: Vocabulary | None = None
    scheme: TokenScheme | None = None
    text_digest: str = ""

    def __post_init__(self) -> None:
        for name in ("train", "validation"):
            part = getattr(self, name)
            if not isinstance(part, Tensor) or part.ndim != 1 or part.dtype != torch.int64:
                found = f"of shape {tuple(part.shape)}, {part.dtype}" if _tensor(part) else part
                raise TextError(f"`{name}` (={found}) must be a row of torch.int64 indices.")
            if len(part) < 2:
                raise TextError(
                    f"`{name}` (of {len(part)} tokens) must have at least 2, one to read and one "
                    "to guess: give a longer text."
                )
            low, high = (int(bound) for bound in part.aminmax())
            last = None if self.vocabulary is None else len(self.vocabulary) - 1
            if low < 0 or (last is not None and high > last):
                raise TextError(
                    f"`{name}` (from {low} to {high}) must stay between 0 and "
                    f"{'the last index' if last is None else last} of the vocabulary."
                )

    @classmethod
    def from_split(
        cls,
        indices: Sequence[int] | NDArray[np.integer] | Tensor,
        split: Split,
        *,
        vocabulary: Vocabulary | None = None,
        scheme: TokenScheme | None = None,
        text_digest: str = "",
    ) -> "TrainingText":
        """Cuts a text.

        Args:
            indices: The whole text, (length,).
            split: Where it is cut.
            vocabulary: As the attribute.
            scheme: As the attribute.
            text_digest: As the attribute.

        Returns:
            The two parts, as copies.

        Raises:
            TextError: The split lies outside the text, or the indices are refused.
        """
        # A copy: PyTorch takes no array that may not be written to.
        given = indices if isinstance(indices, Tensor) else np.array(indices)
        whole = torch.as_tensor(given, dtype=torch.int64)
        longest = max(split.train[1], split.validation[1])
        if whole.ndim != 1 or len(whole) < longest:
            raise TextError(
                f"`indices` (of shape {tuple(whole.shape)}) must be a row of at least {longest} "
                "tokens, as `split` says."
            )
        return cls(
            train=whole[slice(*split.train)].clone(),
            validation=whole[slice(*split.validation)].clone(),
            vocabulary=vocabulary,
            scheme=scheme,
            text_digest=text_digest,
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the indices of both parts, in hexadecimal."""
        found = hashlib.sha256(f"{len(self.train)},".encode())
        for part in (self.train, self.validation):
            found.update(part.numpy().astype("<i8").tobytes())
        return found.hexdigest()


def _tensor(value: object) -> bool:
    return isinstance(value, Tensor)
