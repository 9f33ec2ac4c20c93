"""A small view of the explorer with every kind of oddity in it, for the tests of the component."""

import numpy as np

from app.components.explorer import FLAGS, ExplorerView, Lane, Reference

T, H, N, K = 7, 3, 2, 5
ARRAYS = {
    "hidden": "float32",
    "gradient": "float64",
    "gradient_flags": "uint8",
    "share_own": "float64",
    "edges_forward": "float64",
    "edges_gradient": "float64",
    "head_forward": "float64",
    "head_gradient": "float64",
    "top": "int32",
    "top_probability": "float32",
    "truth_probability": "float32",
    "surprise": "float64",
    "truth_rank": "int32",
    "similarity": "int32",
}


def make_view(**changes) -> ExplorerView:
    """The view, with some of its fields replaced."""
    rng = np.random.default_rng(3)
    hidden = rng.uniform(-1, 1, (N, T, H)).astype(np.float32)
    gradient = rng.normal(-4, 1, (N, T))
    gradient[0, 2] = np.nan
    flags = np.zeros((N, T), np.uint8)
    flags[0, 2] = FLAGS["underflow"]
    tokens = ("a", " ", "\n", "\t", "</script>", "👩‍👩‍👧", "é")
    fields = {
        "identity": "one",
        "title": "A GRU of 3 units reads 7 characters.",
        "verdict": {"word": "vanishing", "text": "vanishes", "reason": "Because."},
        "cell": "gru",
        "hidden_size": H,
        "layers": (
            {"name": "rnn.l0", "label": "layer 1 →", "reverse": False, "level": 0},
            {"name": "rnn.l0_reverse", "label": "layer 1 ←", "reverse": True, "level": 0},
        ),
        "layer": "rnn.l0_reverse",
        "inputs": tokens,
        "targets": (*tokens[1:], "z"),
        "hidden": hidden,
        "lanes": (
            Lane("h", "h", hidden[1]),
            Lane("reset", "reset gate r", rng.uniform(size=(T, H)).astype(np.float32), "unit"),
        ),
        "gradient": gradient,
        "gradient_flags": flags,
        "fit": {"start": 0, "stop": T, "slope": 0.1, "intercept": -5.0},
        "share_own": np.full(T, np.nan),
        "edges_forward": rng.uniform(size=(N, T, 2)),
        "edges_gradient": rng.uniform(size=(N, T, 2)),
        "head_forward": rng.uniform(size=T),
        "head_gradient": rng.uniform(size=T),
        "vocabulary": ("<unk>", *tokens, "z"),
        "top": rng.integers(0, 9, (T, K), dtype=np.int32),
        "top_probability": rng.uniform(size=(T, K)).astype(np.float32),
        "truth_probability": rng.uniform(size=T).astype(np.float32),
        "surprise": rng.uniform(0, 9, T),
        "truth_rank": rng.integers(1, 10, T, dtype=np.int32),
        "loss": {"at": "last", "value": 2.5, "perplexity": float("inf")},
        "similarity": np.array([2, 0, 1], np.int32),
    }
    return ExplorerView(**(fields | changes))


def make_references(steps: int = T) -> tuple[Reference, ...]:
    """Two models: one that is sure and wrong now and then, and one that held a token impossible."""
    rng = np.random.default_rng(5)
    bigram = rng.uniform(0, 6, steps)
    bigram[1:2] = np.inf
    return (
        Reference("unigram", "unigram", rng.uniform(0, 6, steps), 12.5),
        Reference("bigram", "bigram", bigram, float("inf")),
    )
