"""The trained networks in the box: how each is made, and the command that makes them again.

    python -m core.learning.box assets/models

Same machine, same PyTorch and one thread: the same files, byte for byte.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from core.learning.material import TrainingText
from core.learning.result import checkpoint_of_run
from core.learning.run import TrainingRun
from core.learning.spec import TrainingSpec, spread_snapshots
from core.models import CellName, ModelSpec
from core.models.checkpoints import save_checkpoint
from core.text import Split, Vocabulary, check_text, tokenize

HIDDEN_SIZE = 80
EMBEDDING_SIZE = 32
STEPS = 3000
SNAPSHOTS = 12
SEED = 7


@dataclass(frozen=True, slots=True)
class Boxed:
    """One network in the box.

    Attributes:
        name: Of its file, without the ending.
        title: What to call it.
        text: Name of the text it learns, without the ending.
        cell: Its recurrent layer.
    """

    name: str
    title: str
    text: str
    cell: CellName


BOX = (
    Boxed("lstm-story", "LSTM, trained on Skerrow Time", "story", "lstm"),
    Boxed("gru-story", "GRU, trained on Skerrow Time", "story", "gru"),
    Boxed("rnn-story", "RNN, trained on Skerrow Time", "story", "rnn_tanh"),
    Boxed("lstm-brackets", "LSTM, trained on Animals in brackets", "brackets", "lstm"),
)


def training_of(boxed: Boxed, texts: Path) -> TrainingRun:
    """The training of one network: all have the same size and the same budget.

    Args:
        boxed: Which.
        texts: Folder of the texts.

    Returns:
        The run, before its first step.
    """
    text = check_text((texts / f"{boxed.text}.txt").read_text(encoding="utf-8"))
    tokens = tokenize(text.text, "graphemes")
    vocabulary = Vocabulary.from_tokens(tokens)
    material = TrainingText.from_split(
        np.array(vocabulary.encode(tokens)),
        Split.at_end(len(tokens)),
        vocabulary=vocabulary,
        scheme="graphemes",
        text_digest=text.digest,
    )
    model = ModelSpec(
        cell=boxed.cell,
        vocabulary_size=len(vocabulary),
        hidden_size=HIDDEN_SIZE,
        input="embedding",
        embedding_size=EMBEDDING_SIZE,
        seed=SEED,
    )
    training = TrainingSpec(
        optimiser="adamw",
        learning_rate=0.004,
        weight_decay=0.02,
        schedule="cosine",
        clip="norm",
        clip_threshold=1.0,
        windows="disjoint",
        time_steps=96,
        batch_size=16,
        epochs=100_000,
        max_steps=STEPS,
        validate_every=100,
        snapshots_at=spread_snapshots(STEPS, SNAPSHOTS),
        seed=SEED,
    )
    return TrainingRun(model, training, material)


def make(boxed: Boxed, texts: Path, folder: Path) -> float:
    """Trains one network and writes its file.

    Args:
        boxed: Which.
        texts: Folder of the texts.
        folder: Where the file goes.

    Returns:
        The validation perplexity at the end.
    """
    run = training_of(boxed, texts)
    last = 0.0
    for record in run:
        if record.validation is not None:
            last = record.validation.perplexity
    save_checkpoint(folder / f"{boxed.name}.safetensors", checkpoint_of_run(run, title=boxed.title))
    return last


def main(arguments: list[str] | None = None) -> int:
    """Makes the networks named, or all, and the list of them.

    Args:
        arguments: Of the command; None for those it was called with.

    Returns:
        The exit status.
    """
    ask = argparse.ArgumentParser(prog="python -m core.learning.box", description=__doc__)
    ask.add_argument("folder", type=Path, help="where the files go")
    ask.add_argument("--texts", type=Path, default=Path("assets/texts"), help="where the texts are")
    ask.add_argument("--only", choices=[boxed.name for boxed in BOX], help="just this one")
    asked = ask.parse_args(arguments)
    torch.set_num_threads(1)  # the order of sums, and so the last bits, depend on it
    asked.folder.mkdir(parents=True, exist_ok=True)
    for boxed in BOX:
        if asked.only in (None, boxed.name):
            found = make(boxed, asked.texts, asked.folder)
            sys.stdout.write(f"{boxed.name}: validation perplexity {found:.3f}\n")
            sys.stdout.flush()
    listed = [{"name": each.name, "title": each.title, "text": each.text} for each in BOX]
    text = json.dumps(listed, indent=2) + "\n"
    (asked.folder / "index.json").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
