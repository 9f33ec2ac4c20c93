"""The part of the exported program that is the same for every screen: the library alone.

The functions below are copied into the program as they stand, and give the arrays of the NPZ file
here: a name or a number that is in one is in the other.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from core.analysis import LayerReading, Reading, read, trace_text
from core.models import LossAt, SequenceModel
from core.text import NgramCounts, NgramModel, Vocabulary, surprise


def arrays_of(
    model: SequenceModel, indices: list[int], at: LossAt
) -> tuple[Reading, dict[str, NDArray]]:
    """What a network made of a text: the reading, and every array of it by name.

    Args:
        model: in float64.
        indices: the T tokens read and the one after them.
        at: the loss: "last", "mean", or one step, from 0.

    Returns:
        The reading; and the arrays, (T, ...), floats in float64: the reading's own, and the total
        gradients dL/dh_t and dL/dc_t of every layer, (T, H).
    """
    inputs, targets = torch.tensor(indices[:-1]), torch.tensor(indices[1:])
    reading = read(model, inputs, targets, at)
    arrays: dict[str, NDArray] = {"inputs": inputs.numpy(), "targets": targets.numpy()}
    for name in ("top", "top_probability", "truth_probability", "surprise", "truth_rank",
                 "head_forward", "head_gradient"):  # fmt: skip
        arrays[name] = getattr(reading, name)
    arrays["loss"] = np.array(reading.loss)
    for layer, trace in zip(
        reading.layers, trace_text(model, inputs, targets, at).layers, strict=True
    ):
        arrays |= _arrays_of_layer(layer)
        arrays[f"{layer.name}.grad_hidden"] = trace.grad_hidden[:, 0].numpy()
        if trace.grad_cell_state is not None:
            arrays[f"{layer.name}.grad_cell_state"] = trace.grad_cell_state[:, 0].numpy()
    return reading, arrays


def _arrays_of_layer(layer: LayerReading) -> dict[str, NDArray]:
    named: dict[str, NDArray | None] = {
        "hidden": layer.hidden,
        "cell_state": layer.cell_state,
        **{f"gates.{name}": gate for name, gate in layer.gates.items()},
        **{f"terms.{name}": term for name, term in layer.terms.items()},
        "log10_grad_hidden_norm": layer.gradient,
        "grad_hidden_status": layer.status,
        "share_own": layer.share_own,
        "edges_forward": layer.edges_forward,
        "edges_gradient": layer.edges_gradient,
    }
    return {f"{layer.name}.{name}": each for name, each in named.items() if each is not None}


def references_of(
    tokens: list[str], vocabulary: Vocabulary, read: list[str], hole: tuple[int, int]
) -> dict[str, NDArray]:
    """The surprise, in nats, of the n-gram models that counted a text.

    Args:
        tokens: the text that is counted.
        vocabulary: the network's.
        read: the T tokens read and the one after them.
        hole: first place that is left out of the text, and the one after the last.

    Returns:
        (T,) for "reference.unigram", "reference.bigram" and "reference.trigram".
    """
    indices = np.array(vocabulary.encode(tokens), np.int64)
    counts = NgramCounts.of(indices, len(vocabulary), 3).without(indices, *hole)
    model = NgramModel(counts, (1.0, 1.0, 1.0))
    nats = surprise(model.probabilities_by_order(vocabulary.encode(read))[:, 1:])
    names = ("unigram", "bigram", "trigram")
    return {f"reference.{name}": row for name, row in zip(names, nats, strict=True)}


def tell(reading: Reading, arrays: dict[str, NDArray], tokens: list[str], shown: str) -> None:
    """Print the numbers of the screen, each in full.

    Args:
        reading: what was read.
        arrays: of it, by name.
        tokens: the T tokens read and the one after them.
        shown: name of the layer whose gradient is printed.
    """
    verdict = next(layer.verdict for layer in reading.layers if layer.name == shown)
    print(f"verdict\t{verdict.word}\t{verdict.factor!r}\t{verdict.reason}")
    where = f"step {reading.at + 1} alone" if isinstance(reading.at, int) else reading.at
    print(f"loss\t{reading.loss!r}\tnats, {where}")
    models = [name for name in arrays if name.startswith("reference.")]
    columns = ("surprise", "truth_probability", "truth_rank", *models,
               f"{shown}.log10_grad_hidden_norm", f"{shown}.grad_hidden_status")  # fmt: skip
    print("\t".join(("step", "token", "next_token", *columns)))
    for t in range(len(tokens) - 1):
        numbers = (repr(arrays[name][t].item()) for name in columns)
        print("\t".join((str(t + 1), ascii(tokens[t]), ascii(tokens[t + 1]), *numbers)))


def compare(arrays: dict[str, NDArray], path: Path) -> None:
    """Print how far these arrays are from those in a file, and stop where they differ.

    Args:
        arrays: by name.
        path: an NPZ file of the same screen.

    Raises:
        SystemExit: an array is of another shape, or further off than rounding.
    """
    with np.load(path, allow_pickle=False) as kept:
        names = [name for name in kept.files if name in arrays]
        left = [name for name in kept.files if name not in arrays and name != "about.json"]
        for name in names:
            if kept[name].shape != arrays[name].shape or not np.allclose(
                kept[name], arrays[name], rtol=1e-9, atol=0, equal_nan=True
            ):
                raise SystemExit(f"{name} is not what {path.name} holds")
    print(f"{len(names)} arrays agree with {path.name} to a relative 1e-9")
    if left:
        print(f"not computed here, for want of the text: {', '.join(left)}")
