"""The options of `python -m core.learning`, and the run that they describe."""

import argparse
from pathlib import Path
from typing import get_args

from core.errors import CoreError
from core.learning.batches import total_steps
from core.learning.material import TrainingText
from core.learning.run import TrainingRun
from core.learning.spec import (
    ClipName,
    OptimiserName,
    ScheduleName,
    TrainingSpec,
    chapter_preset,
    spread_snapshots,
)
from core.models import CellName, InitialisationName, InputName, ModelSpec
from core.text import (
    MAX_BYTES,
    Split,
    TokenScheme,
    Vocabulary,
    WindowScheme,
    decode_text,
    tokenize,
)

DESCRIPTION = """Trains a recurrent network on a text file and writes a checkpoint.

While it trains, everything needed to go on is kept in OUTPUT.run, which is whole at any moment:
after a crash, a kill or Ctrl-C, the same command with --resume goes on as if nothing had happened.
It is removed once the checkpoint is written."""


def parser() -> argparse.ArgumentParser:
    """All options; the defaults of the network's and the training's are None: the spec's own."""
    ask = argparse.ArgumentParser(
        prog="python -m core.learning",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ask.add_argument("text", type=Path, help="text file to learn from; any encoding")
    ask.add_argument("output", type=Path, help="checkpoint to write, such as lstm.safetensors")
    ask.add_argument(
        "--resume",
        action="store_true",
        help="go on from OUTPUT.run, which holds the text and all options too",
    )
    ask.add_argument(
        "--overwrite", action="store_true", help="begin anew even where OUTPUT or OUTPUT.run exists"
    )
    ask.add_argument(
        "--save-every", type=float, default=30.0, metavar="SECONDS", help="default %(default)g"
    )
    ask.add_argument(
        "--threads",
        type=int,
        default=1,
        help="of the processor, default %(default)s: small networks are no faster with more, and "
        "a run repeats itself bit for bit only with as many",
    )
    ask.add_argument("--quiet", action="store_true", help="no progress bar")
    _add_text_options(ask.add_argument_group("text"))
    _add_model_options(ask.add_argument_group("network"))
    _add_training_options(ask.add_argument_group("training"))
    return ask


def run_from(asked: argparse.Namespace) -> TrainingRun:
    """Builds the run that the options describe.

    Args:
        asked: What `parser` gave.

    Returns:
        The run, before its first record.

    Raises:
        CoreError: A file cannot be read, or an option is refused.
    """
    text = _text(asked)
    assert text.vocabulary is not None
    size = len(text.vocabulary)
    seed = 0 if asked.seed is None else asked.seed
    cell = asked.cell or "rnn_tanh"
    model = ModelSpec(cell=cell, vocabulary_size=size, seed=seed)
    training = TrainingSpec(
        optimiser="adam", learning_rate=0.003, batch_size=64, epochs=10, seed=seed
    )
    if asked.chapter:
        model, training = chapter_preset(cell, size, seed)
    model = ModelSpec.from_dict(model.to_dict() | _given(asked, model.to_dict()))
    training = TrainingSpec.from_dict(training.to_dict() | _given(asked, training.to_dict()))
    if asked.snapshots:
        steps = spread_snapshots(total_steps(training, len(text.train)), asked.snapshots)
        training = TrainingSpec.from_dict(training.to_dict() | {"snapshots_at": steps})
    return TrainingRun(model, training, text)


def _text(asked: argparse.Namespace) -> TrainingText:
    try:
        data = asked.text.read_bytes()
    except OSError as error:
        raise CoreError(
            f"`text` (={str(asked.text)!r}) cannot be read: {error.strerror}."
        ) from None
    decoded = decode_text(data, limit=MAX_BYTES)
    scheme = asked.scheme or ("letters" if asked.chapter else "graphemes")
    tokens = tokenize(decoded.text, scheme)
    vocabulary = Vocabulary.from_tokens(tokens, min_freq=asked.min_freq)
    if asked.chapter:
        split = Split.of_chapter(len(tokens), asked.time_steps or 32)
    else:
        split = Split.at_end(len(tokens), asked.validation_share)
    return TrainingText.from_split(
        vocabulary.encode(tokens),
        split,
        vocabulary=vocabulary,
        scheme=scheme,
        text_digest=decoded.digest,
    )


def _given(asked: argparse.Namespace, attributes: dict[str, object]) -> dict[str, object]:
    """The options that were used, of those that a spec has."""
    return {
        name: getattr(asked, name) for name in attributes if getattr(asked, name, None) is not None
    }


def _add_text_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--scheme", choices=get_args(TokenScheme), help="default graphemes")
    group.add_argument("--min-freq", type=int, default=0, help="rarer tokens become <unk>")
    group.add_argument(
        "--validation-share", type=float, default=0.1, help="end of the text that judges"
    )
    group.add_argument(
        "--chapter",
        action="store_true",
        help="the chapter's experiment for --cell: its text, network and training, unless said "
        "otherwise",
    )


def _add_model_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--cell", choices=get_args(CellName), help="default rnn_tanh")
    group.add_argument("--hidden-size", type=int, help="default 32")
    group.add_argument("--num-layers", type=int, help="default 1")
    group.add_argument("--bidirectional", action="store_const", const=True)
    group.add_argument("--input", choices=get_args(InputName), help="default one_hot")
    group.add_argument("--embedding-size", type=int, help="default 32")
    group.add_argument("--initialisation", choices=get_args(InitialisationName))
    group.add_argument("--sigma", type=float, help="of --initialisation normal")
    group.add_argument("--spectral-radius", type=float)
    group.add_argument("--seed", type=int, help="of the weights and the windows; default 0")


def _add_training_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--optimiser", choices=get_args(OptimiserName), help="default adam")
    group.add_argument("--learning-rate", type=float, help="default 0.003")
    group.add_argument("--momentum", type=float, help="of --optimiser momentum; default 0.9")
    group.add_argument("--weight-decay", type=float, help="default 0")
    group.add_argument("--clip", choices=get_args(ClipName), help="default norm")
    group.add_argument("--clip-threshold", type=float, help="default 1")
    group.add_argument("--schedule", choices=get_args(ScheduleName), help="default constant")
    group.add_argument("--warmup-steps", type=int, help="of linear_warmup; default 100")
    group.add_argument("--windows", choices=get_args(WindowScheme), help="default overlapping")
    group.add_argument("--time-steps", type=int, help="tokens of a window; default 32")
    group.add_argument("--batch-size", type=int, help="default 64")
    group.add_argument("--epochs", type=int, help="default 10")
    group.add_argument("--max-steps", type=int, help="stop there if the epochs are not over")
    group.add_argument("--per-step-norms-every", type=int, metavar="STEPS", help="default never")
    group.add_argument("--validate-every", type=int, metavar="STEPS", help="besides each epoch")
    group.add_argument("--snapshots", type=int, default=0, help="weights to keep on the way")
