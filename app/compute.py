"""The only place with caches: texts and readings, shared by all sessions, and never changed.

Keys are values and digests. What is cached is read-only: arrays are frozen, models are not kept.
"""

import dataclasses
import gc
import hashlib
import json
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
import torch

from core.analysis import LayerReading, Reading, read, similarity_order
from core.models import CellName, LossAt, ModelSpec, SequenceModel
from core.text import DecodedText, TokenScheme, Vocabulary, check_text, require_tokens, tokenize

TEXTS = Path(__file__).resolve().parent.parent / "assets" / "texts"
MOST_TOKENS = 2_000
"""a larger vocabulary keeps its frequent tokens and reads the rest as <unk>: it stays quick"""

# Small recurrent networks run fastest on one thread, and sessions do not fight for the cores.
torch.set_num_threads(1)
# Two readings at a time: more would only make each of thirty users wait longer.
_SLOTS = threading.BoundedSemaphore(2)
# Streamlit collects garbage after every run; what the imports left would be walked each time.
gc.collect()
gc.freeze()


@dataclass(frozen=True)
class ShippedText:
    """One of the texts in assets/texts."""

    name: str
    title: str
    description: str


@dataclass(frozen=True)
class TokenText:
    """A text as tokens, with the vocabulary that reads it.

    Attributes:
        tokens: the whole text.
        vocabulary: its tokens, sorted, and <unk>.
        unknown: how many different tokens are read as <unk>, 0 unless the vocabulary is full.
        digest: of the tokens.
    """

    tokens: tuple[str, ...]
    vocabulary: Vocabulary
    unknown: int
    digest: str


@st.cache_resource(show_spinner=False)
def shipped_texts() -> tuple[ShippedText, ...]:
    """The texts in the box, in the order they are offered."""
    listed = json.loads((TEXTS / "index.json").read_text(encoding="utf-8"))
    return tuple(
        ShippedText(Path(entry["file"]).stem, entry["title"], entry["description"])
        for entry in listed
    )


@st.cache_resource(show_spinner=False)
def shipped(name: str) -> DecodedText:
    """One of them."""
    return check_text((TEXTS / f"{name}.txt").read_text(encoding="utf-8"))


@st.cache_resource(max_entries=12, show_spinner="Splitting the text into tokens …")
def tokens_of(digest: str, scheme: TokenScheme, _text: str) -> TokenText:
    """A text cut into tokens.

    Raises:
        TextError: if fewer than two tokens are left.
    """
    tokens = tokenize(_text, scheme)
    require_tokens(tokens)
    counts = Counter(tokens)
    # Ties go to the token seen first, so that the choice is the same each time.
    kept = [token for token, _ in counts.most_common(MOST_TOKENS - 1)]
    vocabulary = Vocabulary.from_tokens(kept)
    return TokenText(tuple(tokens), vocabulary, len(counts) - len(kept), f"{digest}:{scheme}")


def reading(
    spec: ModelSpec, inputs: tuple[int, ...], targets: tuple[int, ...], at: LossAt
) -> Reading:
    """What the spec's network makes of these indices: computed once, in float64."""
    key = hashlib.sha256(json.dumps([inputs, targets]).encode()).hexdigest()
    return _reading(spec.digest, key, at, spec, inputs, targets)


@st.cache_resource(max_entries=48, show_spinner=False)
def _reading(
    spec_digest: str,
    indices_digest: str,
    at: LossAt,
    _spec: ModelSpec,
    _inputs: tuple[int, ...],
    _targets: tuple[int, ...],
) -> Reading:
    with _SLOTS:
        model = SequenceModel.from_spec(_spec, torch.float64)
        result = read(model, torch.tensor(_inputs), torch.tensor(_targets), at)
    return dataclasses.replace(result, layers=tuple(_light(layer) for layer in result.layers))


@st.cache_resource(max_entries=48, show_spinner=False)
def order_of(spec_digest: str, indices_digest: str, _hidden: np.ndarray) -> np.ndarray:
    """The units of a layer ordered by similarity."""
    return similarity_order(_hidden.astype(np.float64))


def compared(spec: ModelSpec) -> tuple[CellName, ...]:
    """The three cells of the comparison: the plain RNN in the variant that is chosen."""
    return ("rnn_relu" if spec.cell == "rnn_relu" else "rnn_tanh", "gru", "lstm")


def _light(layer: LayerReading) -> LayerReading:
    """States as float32, which is what the screen shows, and read-only; norms stay float64."""
    states = {"hidden": layer.hidden, "cell_state": layer.cell_state}
    small = {
        name: None if values is None else _frozen(values.astype(np.float32))
        for name, values in states.items()
    }
    gates = {name: _frozen(gate.astype(np.float32)) for name, gate in layer.gates.items()}
    return dataclasses.replace(layer, **small, gates=gates)


def _frozen(values: np.ndarray) -> np.ndarray:
    values.flags.writeable = False
    return values
