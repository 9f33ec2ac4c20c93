"""The only place with caches: texts and readings, shared by all sessions, and never changed.

Keys are values and digests. What is cached is read-only: arrays are frozen, models are not kept.
"""

import dataclasses
import gc
import json
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
import torch
from cachetools import LRUCache

from core.analysis import LayerReading, Reading, read, similarity_order
from core.models import CellName, LossAt, ModelSpec, SequenceModel
from core.text import DecodedText, TokenScheme, Vocabulary, check_text, require_tokens, tokenize

TEXTS = Path(__file__).resolve().parent.parent / "assets" / "texts"
MOST_TOKENS = 2_000
"""a larger vocabulary keeps its frequent tokens and reads the rest as <unk>: it stays quick"""
MOST_BYTES = 256_000_000
"""memory that the readings of all sessions may hold together"""

# Small recurrent networks run fastest on one thread, and sessions do not fight for the cores.
torch.set_num_threads(1)
# Two readings at a time: more would only make each of thirty users wait longer.
_SLOTS = threading.BoundedSemaphore(2)


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
def settle() -> None:
    """Once, after the first page: put all that the imports left out of the garbage collector.

    Streamlit collects after every run, and would walk some hundred thousand objects each time.
    """
    gc.collect()
    gc.freeze()


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
    """What the spec's network makes of these indices, in float64; the last ones are kept."""
    key = (spec, inputs, targets, at)
    with _READINGS_LOCK:
        if (found := _readings.get(key)) is not None:
            return found
    with _SLOTS:
        model = SequenceModel.from_spec(spec, torch.float64)
        result = read(model, torch.tensor(inputs), torch.tensor(targets), at)
    result = dataclasses.replace(result, layers=tuple(_light(layer) for layer in result.layers))
    with _READINGS_LOCK:
        if _bytes_of(result) <= MOST_BYTES:
            _readings[key] = result
    return result


def highest(
    spec: ModelSpec, inputs: tuple[int, ...], targets: tuple[int, ...], at: LossAt
) -> LayerReading:
    """The highest forward layer of that reading, without its states: for comparisons.

    Small enough to stay when memory pushes the whole reading out.
    """
    key = (spec, inputs, targets, at)
    with _READINGS_LOCK:
        if (found := _highest.get(key)) is not None:
            return found
    layers = reading(spec, inputs, targets, at).layers
    layer = next(each for each in reversed(layers) if not each.reverse)
    none = np.empty((0, 0), np.float32)
    layer = dataclasses.replace(layer, hidden=none, cell_state=None, gates={}, terms={})
    with _READINGS_LOCK:
        _highest[key] = layer
    return layer


def _bytes_of(reading: Reading) -> int:
    """Memory of a reading's states, which are nearly all of it."""
    states = [
        array
        for layer in reading.layers
        for array in (layer.hidden, layer.cell_state, *layer.gates.values(), *layer.terms.values())
        if array is not None
    ]
    return sum(array.nbytes for array in states)


# Shared by all sessions, and bounded by what they hold rather than by how many there are: a reading
# takes from 10 kB to 50 MB.
_readings: LRUCache = LRUCache(MOST_BYTES, getsizeof=_bytes_of)
_highest: LRUCache = LRUCache(256)
_READINGS_LOCK = threading.Lock()


@st.cache_resource(max_entries=48, show_spinner=False)
def order_of(identity: str, layer: str, _hidden: np.ndarray) -> np.ndarray:
    """The units of a layer ordered by similarity."""
    return similarity_order(_hidden.astype(np.float64))


def compared(spec: ModelSpec) -> tuple[CellName, ...]:
    """The three cells of the comparison: the plain RNN in the variant that is chosen."""
    return ("rnn_relu" if spec.cell == "rnn_relu" else "rnn_tanh", "gru", "lstm")


def _light(layer: LayerReading) -> LayerReading:
    """States in the precision the screen shows, and read-only; norms stay float64."""
    return dataclasses.replace(
        layer,
        hidden=_frozen(layer.hidden),
        cell_state=None if layer.cell_state is None else _frozen(layer.cell_state),
        gates={name: _frozen(values) for name, values in layer.gates.items()},
        terms={name: _frozen(values) for name, values in layer.terms.items()},
    )


def _frozen(values: np.ndarray) -> np.ndarray:
    """As float32, unless a finite state is too large for it: a ReLU network's can be."""
    too_large = np.isfinite(values) & (np.abs(values) > np.finfo(np.float32).max)
    values = values if too_large.any() else values.astype(np.float32)
    values.flags.writeable = False
    return values
