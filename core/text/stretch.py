"""The part of a text that a network reads at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import CoreError
from core.text.limits import require_integer
from core.text.tokens import require_tokens

MAX_STEPS = 500


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive tokens and, for each, the one that comes next.

    Attributes:
        start: Place of the first token in the text, from 0.
        inputs: The T tokens read.
        targets: The T tokens to guess: targets[t] follows inputs[t] in the text.
    """

    start: int
    inputs: tuple[str, ...]
    targets: tuple[str, ...]

    @classmethod
    def of(
        cls, tokens: Sequence[str], start: int, length: int, limit: int = MAX_STEPS
    ) -> "Stretch":
        """Cuts a stretch out of a text.

        Args:
            tokens: The whole text, at least two tokens.
            start: Place of the first token to read, from 0; one must follow it.
            length: How many to read, at least 1; fewer are read at the end of the text.
            limit: The most to read, whatever `length` asks for.

        Returns:
            The stretch, of min(length, limit, len(tokens) - 1 - start) steps.

        Raises:
            TextError: The text has fewer than two tokens.
            CoreError: `start`, `length` or `limit` is no whole number, or out of its range.
        """
        require_tokens(tokens)
        require_integer("start", start, 0)
        require_integer("length", length, 1)
        require_integer("limit", limit, 1)
        if start > len(tokens) - 2:
            raise CoreError(
                f"`start` (={start}) must be between 0 and {len(tokens) - 2}, so that a token "
                f"follows the first one read in this text of {len(tokens)} tokens."
            )
        steps = min(length, limit, len(tokens) - 1 - start)
        return cls(
            start,
            tuple(tokens[start : start + steps]),
            tuple(tokens[start + 1 : start + 1 + steps]),
        )

    def __len__(self) -> int:
        return len(self.inputs)
