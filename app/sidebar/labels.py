"""The options of every widget under their names in the address bar, with the labels on screen."""

from app.compute.comparisons import Comparison
from app.compute.parts import Judge
from app.compute.texts import shipped_texts
from app.compute.trained import shipped_models
from app.compute.written import RuleName
from app.theme import CELL_LABELS
from core.learning import ClipName, OptimiserName, ScheduleName
from core.models import CellName, InitialisationName, InputName, LossName
from core.text import Backoff, TokenScheme, WindowScheme
from core.text.encodings import NAMES

PASTE, UPLOAD, BOOK = "paste", "upload", "timemachine"
SCHEMES: dict[TokenScheme, str] = {
    "graphemes": "characters",
    "letters": "a–z",
    "words": "words",
}
CELLS: dict[CellName, str] = {**CELL_LABELS, "rnn_relu": "ReLU"}
LOSSES: dict[LossName, str] = {"last": "last step", "mean": "all steps"}
INITIALISATIONS: dict[InitialisationName, str] = {
    "pytorch": "PyTorch’s default",
    "normal": "normal N(0, σ²)",
    "orthogonal": "orthogonal",
}
INPUTS: dict[InputName, str] = {"one_hot": "one-hot", "embedding": "embedding"}
VIEWS = {
    "stages": "Text to indices",
    "ranks": "Rank and frequency",
    "ngrams": "n-gram models",
    "windows": "Windows",
}
ORDERS = {"1": "1", "2": "2", "3": "3", "4": "4", "5": "5"}
BACKOFFS: dict[Backoff, str] = {"unigram": "single tokens", "shorter": "one token less"}
SPLITS = {"end": "end of the text", "chapter": "the chapter’s"}
SCORED = {"stretch": "stretch", "validation": "validation", "own": "own text"}
WINDOWS: dict[WindowScheme, str] = {
    "disjoint": "disjoint",
    "overlapping": "overlapping",
    "consecutive": "consecutive",
}
OPTIMISERS: dict[OptimiserName, str] = {
    "sgd": "SGD",
    "momentum": "SGD, momentum .9",
    "adam": "Adam",
    "adamw": "AdamW",
}
CLIPS: dict[ClipName, str] = {"norm": "by global norm", "value": "by value", "off": "off"}
SCHEDULES: dict[ScheduleName, str] = {
    "constant": "constant",
    "cosine": "cosine to 0",
    "linear_warmup": "warm-up",
}
WINDOWING: dict[WindowScheme, str] = {
    "disjoint": "disjoint, shuffled",
    "overlapping": "overlapping, shuffled",
    "consecutive": "consecutive, state carried",
}
JUDGES: dict[Judge, str] = {"end": "text’s end", "lines": "drawn lines"}
RULES: dict[RuleName, str] = {
    "greedy": "greedy",
    "sample": "sampling",
    "topk": "top-k",
    "topp": "top-p",
    "alpha": "P^α",
    "beam": "beam search",
}
STOPS = {"never": "the full length", "stop": "a full stop", "line": "the end of a line"}
LABS = {
    "decay": "How far back",
    "reach": "Which token reaches which",
    "truncation": "Truncation",
    "clipping": "Clipping",
    "gates": "Gates",
    "many": "Many networks",
    "bets": "Predict, then reveal",
}
COMPARISONS: dict[Comparison, str] = {
    "training": "before and after training",
    "cells": "RNN, GRU and LSTM",
    "radius": "three spectral radii",
    "start": "three ways to start",
    "activation": "tanh and ReLU",
    "alone": "this network alone",
}
BESIDE = {"cells": "RNN, GRU and LSTM", "training": "before and after training"}
CURVES = {"loss": "gradient of the loss", "jacobian": "Jacobian"}
QUANTITIES = {"state": "to states", "input": "to inputs", "article": "to tokens (Distill)"}
VOCABULARIES = {"numbers": "the file’s", "sorted": "the text’s", "typed": "a list"}
PRESETS = {
    "own": "as set below",
    "quick": "A quick LSTM",
    "chapter": "The chapter’s RNN: clipping never fires",
    "bites": "RNN of 256 units: clipping bites",
    "unclipped": "RNN of 256 units, not clipped",
    "relu": "ReLU, weights N(0, .25²), not clipped",
    "rate": "Too high a learning rate",
}


def texts() -> dict[str, str]:
    """The texts on offer, the user's own last."""
    return {
        **{text.name: text.title for text in shipped_texts()},
        BOOK: "The Time Machine (fetched)",
        PASTE: "Paste your own …",
        UPLOAD: "Upload a file …",
    }


def weights() -> dict[str, str]:
    """The networks that are always on offer."""
    shipped = {each.name: each.title for each in shipped_models()}
    return {**shipped, "untrained": "untrained", "here": "trained on this page",
            "own": "your own file …"}  # fmt: skip


LABELS: dict[str, dict[str, str]] = {
    "text": texts(),
    "tokens": {**SCHEMES},
    "encoding": {**NAMES},
    "cell": {**CELLS},
    "loss": {**LOSSES},
    "start": {**INITIALISATIONS},
    "input": {**INPUTS},
    "view": VIEWS,
    "n": ORDERS,
    "backoff": {**BACKOFFS},
    "split": SPLITS,
    "scored": SCORED,
    "windows": {**WINDOWS},
    "optimiser": {**OPTIMISERS},
    "clip": {**CLIPS},
    "schedule": {**SCHEDULES},
    "windowing": {**WINDOWING},
    "judge": {**JUDGES},
    "preset": PRESETS,
    "rule": {**RULES},
    "lab": LABS,
    "compare": {**COMPARISONS},
    "curve": CURVES,
    "beside": BESIDE,
    "reached": QUANTITIES,
    "named_by": VOCABULARIES,
    "stop": STOPS,
    "weights": weights(),
}
"""for each widget with options, under its key in the address bar, the label of each option"""

UNTRAINED, HERE, OWN = "untrained", "here", "own"
_DRAWN = ("cell", "units", "layers", "both", "start", "scaled", "radius", "input", "seed", "sigma")
IMPLIED = {"weights": (UNTRAINED, _DRAWN)}
"""a link that says what the network is like means an untrained one"""
