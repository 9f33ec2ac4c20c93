"""From a file or a pasted text to the indices a network reads."""

from core.text.reading import MAX_BYTES, DecodedText, check_text, decode_text
from core.text.stretch import MAX_STEPS, Stretch
from core.text.tokens import TokenScheme, join_tokens, require_tokens, tokenize
from core.text.vocabulary import Vocabulary

__all__ = [
    "MAX_BYTES",
    "MAX_STEPS",
    "DecodedText",
    "Stretch",
    "TokenScheme",
    "Vocabulary",
    "check_text",
    "decode_text",
    "join_tokens",
    "require_tokens",
    "tokenize",
]
