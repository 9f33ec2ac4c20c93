"""Every array of the screen as one NPZ file."""

import io
import json

import numpy as np

from app.exports.archive import archive
from app.exports.screen import Contents, versions


def about(of: Contents) -> str:
    """JSON that says what the arrays are of: network, loss, tokens, place in the text."""
    choices = of.screen.choices
    network, source = choices.network, choices.source
    known = {
        "spec": choices.spec.to_dict(),
        "trained": network.checkpoint is not None,
        "training_step": network.learnt,
        "weights_digest": network.digest,
        "loss_at": choices.at,  # a step counts from 0, as the arrays do
        "steps_count_from": 0,
        "text": source.title,
        "text_digest": source.text.digest,
        "first_token": source.stretch.start,
        "scheme": source.scheme,
        "tokens": of.tokens,
        "vocabulary": source.tokens.vocabulary.tokens,
        "versions": versions(),
    }
    return json.dumps(known, ensure_ascii=False, indent=1)


def tape_npz(of: Contents) -> bytes:
    """The arrays under PyTorch's names ("rnn.l0.gates.forget"), floats in float64.

    `about.json` is a text that says what they are of. No array is a pickle:
    numpy.load(file, allow_pickle=False) reads them all.

    Args:
        of: the screen.

    Returns:
        The file; the same bytes for the same screen.
    """
    arrays = {**of.arrays, "about.json": np.array(about(of))}
    files = {}
    for name, array in arrays.items():
        written = io.BytesIO()
        np.lib.format.write_array(written, array, allow_pickle=False)
        files[f"{name}.npy"] = written.getvalue()
    return archive(files)
