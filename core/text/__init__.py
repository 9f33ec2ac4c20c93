"""From a file or a pasted text to the indices a network reads, and what counting them tells."""

from core.text.copies import longest_copy
from core.text.counts import MAX_ORDER, NgramCounts, entropy, share_seen_once
from core.text.ngram_model import Backoff, NgramModel
from core.text.perplexity import bits_per_character, perplexity, perplexity_of_surprise, surprise
from core.text.reading import MAX_BYTES, DecodedText, check_text, decode_text, with_newlines
from core.text.stages import Piece, Stages, clean
from core.text.stretch import MAX_STEPS, Stretch
from core.text.tokens import TokenScheme, join_tokens, require_tokens, tokenize
from core.text.vocabulary import UNKNOWN, Vocabulary
from core.text.windows import Split, Windows, WindowScheme, random_offset
from core.text.zipf import Estimator, ZipfFit, fit_zipf

__all__ = [
    "MAX_BYTES",
    "MAX_ORDER",
    "MAX_STEPS",
    "UNKNOWN",
    "Backoff",
    "DecodedText",
    "Estimator",
    "NgramCounts",
    "NgramModel",
    "Piece",
    "Split",
    "Stages",
    "Stretch",
    "TokenScheme",
    "Vocabulary",
    "WindowScheme",
    "Windows",
    "ZipfFit",
    "bits_per_character",
    "check_text",
    "clean",
    "decode_text",
    "entropy",
    "fit_zipf",
    "join_tokens",
    "longest_copy",
    "perplexity",
    "perplexity_of_surprise",
    "random_offset",
    "require_tokens",
    "share_seen_once",
    "surprise",
    "tokenize",
    "with_newlines",
]
