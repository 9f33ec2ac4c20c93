"""A training as an iterator of records, which can be left at any step and taken up again."""

import math
import time
from collections.abc import Iterator
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from core.capture import capture
from core.learning.batches import Batches, total_steps
from core.learning.fast import fast_rnn
from core.learning.material import TrainingText
from core.learning.records import Record, Stopped, ValidationResult
from core.learning.requirements import require_together
from core.learning.restoring import optimiser_tensors, restore_optimiser, restore_weights
from core.learning.spec import TrainingSpec
from core.learning.state import RunState
from core.learning.updates import build_optimiser, clip_gradients, gradient_norm, learning_rate_at
from core.learning.validation import validate
from core.models import ModelSpec, SequenceModel, next_token_loss
from core.models.checkpoints import Snapshot
from core.models.sequence_model import State


class TrainingRun:
    """Trains a network, one step for each record taken from it.

        run = TrainingRun(model_spec, training_spec, text)
        for record in run:
            print(record.step, record.perplexity)
        run.stopped            # None, or why it ended early

    The first record is step 0, the untrained network. Pausing is not asking for the next record;
    going on is asking again, also of a run made with `from_state`, which gives bit for bit the
    records that the first run would have given (on the CPU, with as many threads).

    A run that meets a loss or a gradient norm that is no finite number ends, before that gradient
    is used: `stopped` says why, and the model holds the last good weights. Those are the newest
    weights that gave a finite loss on a batch: where the loss of step k is not finite, the ones
    before the update of step k - 1; where only the gradient is not, those of step k itself; where
    the validation after step k is not, those before the update of step k.

    Args:
        model_spec: The network; its `vocabulary_size` must cover the text.
        training_spec: The training.
        text: What it learns from.
        dtype: torch.float32 or torch.float64.

    Attributes:
        model_spec: As given.
        training_spec: As given.
        text: As given.
        model: The network as it is after the last record.
        total_steps: Updates of the whole training.
        stopped: Why the run ended early, or None.

    Raises:
        SpecError: The specs or the text do not belong together.
        TextError: A part of the text is too short for one window.
    """

    def __init__(
        self,
        model_spec: ModelSpec,
        training_spec: TrainingSpec,
        text: TrainingText,
        *,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.model_spec, self.training_spec, self.text = model_spec, training_spec, text
        self._batches = Batches(training_spec, text.train)
        self.total_steps = total_steps(training_spec, len(text.train))
        require_together(model_spec, training_spec, text, self.total_steps)
        self.model = SequenceModel.from_spec(model_spec, dtype=dtype)
        self.stopped: Stopped | None = None
        self._parameters = list(self.model.parameters())
        self._good = [parameter.detach().clone() for parameter in self._parameters]
        self._optimiser = build_optimiser(training_spec, self._parameters)
        self._carried: State | None = None
        self._records: list[Record] = []
        self._snapshots: list[Snapshot] = []
        self._snapshot_steps = frozenset(training_spec.snapshots_at)

    @property
    def step(self) -> int:
        """Updates made so far."""
        return self._records[-1].step if self._records else 0

    @property
    def vocabulary_size(self) -> int:
        """V: an untrained network's perplexity is about this."""
        return self.model_spec.vocabulary_size

    @property
    def history(self) -> tuple[Record, ...]:
        """All records so far, step 0 first."""
        return tuple(self._records)

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """The weights kept so far, copies, in the order of their steps."""
        return tuple(self._snapshots)

    @property
    def weights(self) -> dict[str, Tensor]:
        """The parameters as they are after the last record, by name; not copies."""
        return self.model.state_dict()

    @property
    def finished(self) -> bool:
        """Whether no record will come any more."""
        done = bool(self._records) and self.step >= self.total_steps
        return done or self.stopped is not None

    def __iter__(self) -> Iterator[Record]:
        return self

    def __next__(self) -> Record:
        if self.finished:
            raise StopIteration
        record = self._learn(self.step + 1) if self._records else self._begin()
        if record is None:
            raise StopIteration
        self._records.append(record)
        return record

    def state_dict(self) -> RunState:
        """Everything that decides how the run goes on, as copies; to be called between records."""
        carried = self._carried if isinstance(self._carried, tuple) else (self._carried,)
        return RunState.of(
            model_spec=self.model_spec,
            training_spec=self.training_spec,
            text=self.text,
            weights=self.model.state_dict(),
            good=dict(zip(self.model.state_dict(), self._good, strict=True)),
            optimiser=optimiser_tensors(self._optimiser),
            carried=[part for part in carried if part is not None],
            records=self._records,
            snapshots=self._snapshots,
            stopped=self.stopped,
        )

    @classmethod
    def from_state(cls, state: RunState) -> "TrainingRun":
        """Takes a run up where `state_dict` left it.

        Args:
            state: What it gave.

        Returns:
            A run whose further records are those of the run that was left.

        Raises:
            CoreError: Something in the state is missing or does not fit the specs.
        """
        run = cls(state.model_spec, state.training_spec, state.text, dtype=state.dtype)
        restore_weights(run.model.state_dict(), state.group("weights"))
        good = dict(zip(run.model.state_dict(), run._good, strict=True))
        restore_weights(good, state.group("good"), "good")
        restore_optimiser(run._optimiser, state.group("optimiser"))
        run._carried = state.carried()
        run._records = state.records()
        run._snapshots = state.snapshots(run.model.state_dict())
        run.stopped = state.stopped
        return run

    def _begin(self) -> Record | None:
        """The record of step 0."""
        return self._concluded(
            {"step": 0, "epoch": 0, "learning_rate": self._rate(1)}, needs_validation=True
        )

    def _learn(self, step: int) -> Record | None:
        """One update; None where the run stops instead."""
        started = time.perf_counter()
        inputs, targets = self._batches.at(step)
        loss_tensor, per_step = self._backward(step, inputs, targets)
        norm_tensor = gradient_norm(self._parameters)
        loss, norm = loss_tensor.item(), norm_tensor.item()
        if not (math.isfinite(loss) and math.isfinite(norm)):
            self._stop(step, loss, norm, keep=math.isfinite(loss), what="the loss")
            return None
        with torch.no_grad():
            for kept, parameter in zip(self._good, self._parameters, strict=True):
                kept.copy_(parameter)
        clipped = clip_gradients(self.training_spec, self._parameters, norm_tensor).item()
        rate = self._rate(step)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self._optimiser.step()
        told = {
            "step": step,
            "epoch": self._batches.epoch_of(step),
            "learning_rate": rate,
            "loss": loss,
            "gradient_norm": norm,
            "gradient_norm_clipped": clipped,
            "per_step_norms": per_step,
            "tokens_per_second": inputs.numel() / (time.perf_counter() - started),
        }
        return self._concluded(told, needs_validation=self._validates(step))

    def _backward(
        self, step: int, inputs: Int64[Tensor, "time batch"], targets: Int64[Tensor, "time batch"]
    ) -> tuple[Float[Tensor, ""], tuple[float, ...] | None]:
        """The loss of a batch, with its gradient left in the parameters."""
        spec = self.training_spec
        self._optimiser.zero_grad(set_to_none=True)
        if spec.windows != "consecutive" or self._batches.starts_epoch(step):
            self._carried = None
        if not spec.per_step_norms_every or step % spec.per_step_norms_every:
            logits, state = _logits(self.model, inputs, self._carried)
            loss = next_token_loss(logits, targets)
            loss.backward()
            norms = None
        else:
            with capture(self.model, dtype=torch.float64) as tape:
                logits, state = self.model(inputs, self._carried)
                loss = next_token_loss(logits, targets)
                loss.backward()
            trace = tape[f"rnn.l{self.model_spec.num_layers - 1}"]
            norms = tuple(trace.grad_hidden.norm(dim=-1).mean(-1).tolist())
        if spec.windows == "consecutive":
            # Cut off here: the gradient of the next batch ends at its first step.
            self._carried = _detached(state)
        return loss.detach(), norms

    def _concluded(self, told: dict[str, Any], *, needs_validation: bool) -> Record | None:
        """The record of a step, with what is due after it; None where the validation fails."""
        step = told["step"]
        validation: ValidationResult | None = None
        if needs_validation:
            validation = validate(self.model, self.training_spec, self.text.validation)
            if not math.isfinite(validation.loss):
                norm = told.get("gradient_norm", math.nan)
                self._stop(step, validation.loss, norm, keep=False, what="the validation loss")
                return None
        snapshot = step in self._snapshot_steps
        if snapshot:
            assert validation is not None
            perplexity = validation.perplexity if math.isfinite(validation.perplexity) else None
            self._snapshots.append(Snapshot(step, self.model.state_dict(), perplexity))
        return Record(**told, validation=validation, snapshot=snapshot)

    def _validates(self, step: int) -> bool:
        every = self.training_spec.validate_every
        return (
            self._batches.ends_epoch(step)
            or step == self.total_steps
            or step in self._snapshot_steps
            or bool(every and step % every == 0)
        )

    def _rate(self, step: int) -> float:
        return learning_rate_at(self.training_spec, step, self.total_steps)

    def _stop(self, step: int, loss: float, norm: float, *, keep: bool, what: str) -> None:
        """Ends the run; without `keep`, at the newest weights that gave a finite loss."""
        if not keep:
            with torch.no_grad():
                for parameter, kept in zip(self._parameters, self._good, strict=True):
                    parameter.copy_(kept)
        self.stopped = Stopped(step, loss, norm, self._reason(step, loss, norm, what))

    def _reason(self, step: int, loss: float, norm: float, what: str) -> str:
        spec = self.training_spec
        before = self._records[-1].gradient_norm if self._records else None
        was = "" if before is None else f" ({before:.3g} one step before)"
        advice = f"Lower `learning_rate` (={spec.learning_rate:g})"
        if spec.clip == "norm":
            advice += f" or `clip_threshold` (={spec.clip_threshold:g})."
        else:
            advice += f", or set `clip` (={spec.clip!r}) to 'norm'."
        return (
            f"Training stopped at step {step}: {what} is {loss:g} and the gradient norm {norm:g}"
            f"{was}. {advice} The network keeps the last weights whose loss was finite."
        )


def _logits(
    model: SequenceModel, inputs: Int64[Tensor, "time batch"], state: State | None
) -> tuple[Float[Tensor, "time batch vocabulary"], State]:
    """The forward pass of a training step, except of those whose per-step norms are recorded.

    The same as `model(inputs, state)` up to rounding, with a faster backward pass.
    """
    output, last_state = fast_rnn(model.rnn, model.embed(inputs), state)
    return model.head(output), last_state


def _detached(state: State) -> State:
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()  # type: ignore[return-value]
