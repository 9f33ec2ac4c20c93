"""Which windows each step of a training reads: a function of the spec and the step alone."""

import hashlib
import math

import torch
from jaxtyping import Int64
from torch import Tensor

from core.errors import TextError
from core.learning.spec import TrainingSpec
from core.text import Windows


def total_steps(spec: TrainingSpec, train_tokens: int) -> int:
    """How many updates a training makes.

    Args:
        spec: The training.
        train_tokens: Length of the text it learns from.

    Returns:
        At least 1.

    Raises:
        TextError: The text is too short for the windows.
    """
    steps = spec.epochs * steps_per_epoch(spec, train_tokens)
    return steps if spec.max_steps is None else min(steps, spec.max_steps)


def steps_per_epoch(spec: TrainingSpec, train_tokens: int) -> int:
    """How many updates one pass over the text makes; the arguments as for `total_steps`."""
    if spec.windows == "consecutive":
        return len(_streams(spec, train_tokens).starts)
    if train_tokens < spec.time_steps + 1:
        raise TextError(
            f"`train` (of {train_tokens} tokens) must have at least {spec.time_steps + 1}, one "
            f"window of `time_steps` (={spec.time_steps}) and the token after it: give a longer "
            "text or lower `time_steps`."
        )
    return math.ceil(_window_count(spec, train_tokens) / spec.batch_size)


class Batches:
    """The batches of a training, in the order of its steps.

    The order of an epoch is drawn by a generator seeded with the spec's seed and the epoch's
    number, so any step can be reached without those before it.

    Args:
        spec: The training.
        train: The text, (length,).

    Raises:
        TextError: The text is too short for the windows.
    """

    def __init__(self, spec: TrainingSpec, train: Int64[Tensor, " length"]) -> None:
        self._spec, self._train = spec, train
        self.per_epoch = steps_per_epoch(spec, len(train))
        self._within = torch.arange(spec.time_steps + 1)[:, None]
        self._epoch, self._starts = -1, torch.empty(0, dtype=torch.int64)

    def epoch_of(self, step: int) -> int:
        """The pass over the text that a step belongs to, from 1; 0 for step 0."""
        return math.ceil(step / self.per_epoch)

    def starts_epoch(self, step: int) -> bool:
        """Whether a step (from 1) is the first of its epoch."""
        return (step - 1) % self.per_epoch == 0

    def ends_epoch(self, step: int) -> bool:
        """Whether a step (from 1) is the last of its epoch."""
        return step % self.per_epoch == 0

    def at(self, step: int) -> tuple[Int64[Tensor, "time batch"], Int64[Tensor, "time batch"]]:
        """What a step reads and what it must guess.

        Args:
            step: From 1.

        Returns:
            Inputs and targets, (T, B); targets[t] is the token after inputs[t].
        """
        epoch, place = divmod(step - 1, self.per_epoch)
        if epoch != self._epoch:
            self._epoch, self._starts = epoch, _starts(self._spec, len(self._train), epoch)
        if self._spec.windows == "consecutive":
            starts = self._starts[place]
        else:
            first = place * self._spec.batch_size
            starts = self._starts[first : first + self._spec.batch_size]
        window = self._train[starts + self._within]
        return window[:-1], window[1:]


def _starts(spec: TrainingSpec, tokens: int, epoch: int) -> Tensor:
    """First tokens of an epoch's windows, in the order they are read."""
    if spec.windows == "consecutive":
        return torch.from_numpy(_streams(spec, tokens).starts.copy())
    generator = _generator(spec.seed, epoch)
    offset = 0
    if spec.windows == "disjoint":
        offset = int(torch.randint(_offsets(spec, tokens), (), generator=generator))
        windows = Windows.disjoint(tokens, spec.time_steps, offset)
    else:
        windows = Windows.overlapping(tokens, spec.time_steps)
    order = torch.randperm(len(windows), generator=generator)
    # A small offset leaves room for one window more than a large one: it is left out, so that
    # every epoch has the same number of steps.
    return torch.from_numpy(windows.starts.copy())[order[: _window_count(spec, tokens)]]


def _window_count(spec: TrainingSpec, tokens: int) -> int:
    if spec.windows == "overlapping":
        return tokens - spec.time_steps
    return math.ceil((tokens - spec.time_steps - _offsets(spec, tokens) + 1) / spec.time_steps)


def _offsets(spec: TrainingSpec, tokens: int) -> int:
    """How many offsets leave room for a window."""
    return min(spec.time_steps, tokens - spec.time_steps)


def _streams(spec: TrainingSpec, tokens: int) -> Windows:
    return Windows.consecutive(tokens, spec.time_steps, spec.batch_size)


def _generator(seed: int, epoch: int) -> torch.Generator:
    # A digest, because torch's generator reads only the low 32 bits of a seed.
    digest = hashlib.sha256(f"{seed}:epoch:{epoch}".encode()).digest()
    return torch.Generator(device="cpu").manual_seed(int.from_bytes(digest[:4], "big"))
