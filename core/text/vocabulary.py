"""The numbers that stand for tokens."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.errors import CoreError

UNKNOWN = "<unk>"


@dataclass(frozen=True)
class Vocabulary:
    """Tokens in a fixed order; a token's index is its place.

    The order is that of the code points, `<unk>` sorted among the rest: for the letters scheme
    " " is 0, `<unk>` 1, a 2 … z 27. Hashable, so it serves as a cache key.

    Attributes:
        tokens: All tokens, sorted, each once, `<unk>` among them.

    Raises:
        CoreError: `tokens` is out of order, repeats one, or lacks `<unk>`.

    Source: Dive into Deep Learning, section 9.2.
    """

    tokens: tuple[str, ...]

    def __post_init__(self) -> None:
        if list(self.tokens) != sorted({*self.tokens, UNKNOWN}):
            raise CoreError(
                f"`tokens` (of length {len(self.tokens)}) must be sorted, without repeats, and "
                f"hold {UNKNOWN}: build the vocabulary with `Vocabulary.from_tokens`."
            )

    @classmethod
    def from_tokens(
        cls, tokens: Iterable[str], min_freq: int = 0, reserved: Iterable[str] = ()
    ) -> "Vocabulary":
        """Collects the tokens of a text.

        Args:
            tokens: The tokens, as often as they occur.
            min_freq: Tokens that occur less often than this become `<unk>`; at least 0.
            reserved: Tokens to keep whether they occur or not, such as "<pad>".

        Returns:
            The vocabulary of `<unk>`, the reserved and the frequent tokens.

        Raises:
            CoreError: `min_freq` is no whole number of at least 0.
        """
        if isinstance(min_freq, bool) or not isinstance(min_freq, int) or min_freq < 0:
            raise CoreError(f"`min_freq` (={min_freq!r}) must be a whole number of at least 0.")
        frequent = (token for token, count in Counter(tokens).items() if count >= min_freq)
        return cls(tuple(sorted({UNKNOWN, *reserved, *frequent})))

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: str) -> bool:
        return token in self._index

    @property
    def unknown(self) -> int:
        """The index of `<unk>`, which stands for every token that is not in the vocabulary."""
        return self._index[UNKNOWN]

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """Gives the index of each token, that of `<unk>` where there is none.

        Args:
            tokens: Tokens of the same scheme.

        Returns:
            Indices from 0 to len(self) - 1.
        """
        index, unknown = self._index, self.unknown
        return [index.get(token, unknown) for token in tokens]

    def decode(self, indices: Sequence[int]) -> list[str]:
        """Gives the token at each index.

        Args:
            indices: From 0 to len(self) - 1.

        Returns:
            The tokens; `decode(encode(tokens))` is `tokens` but for the unknown ones.

        Raises:
            CoreError: An index is out of range.
        """
        for index in indices:
            if not 0 <= index < len(self.tokens):
                raise CoreError(
                    f"`indices` holds {index}, which must be between 0 and {len(self) - 1}, "
                    "the last index of the vocabulary."
                )
        return [self.tokens[index] for index in indices]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the tokens in order, in hexadecimal."""
        return hashlib.sha256(json.dumps(self.tokens).encode()).hexdigest()

    @cached_property
    def _index(self) -> Mapping[str, int]:
        return {token: index for index, token in enumerate(self.tokens)}
