"""The state of a training between two records: a JSON header and named tensors, nothing else."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import torch
from torch import Tensor

from core.errors import CoreError
from core.learning.material import TrainingText
from core.learning.records import Record, Stopped, ValidationResult
from core.learning.restoring import Tensors, require_alike
from core.learning.spec import TrainingSpec
from core.models import ModelSpec
from core.models.checkpoints import Snapshot
from core.models.sequence_model import State
from core.text import TokenScheme, Vocabulary

FORMAT = 1
_DTYPES = {"float32": torch.float32, "float64": torch.float64}
# Columns of the table of records; NaN stands for None.
_COLUMNS = (
    "step",
    "epoch",
    "learning_rate",
    "loss",
    "gradient_norm",
    "gradient_norm_clipped",
    "tokens_per_second",
)


@dataclass(frozen=True, eq=False, slots=True)
class RunState:
    """All that decides how a training goes on.

    The order of the windows is drawn anew from the spec's seed, so the step says where in the
    epoch the run is, and there is no generator to keep.

    Attributes:
        header: What JSON can hold: format version, specs, vocabulary, snapshots, why it stopped.
        tensors: By name: "text.*", "weights.*" (the model now), "good.*" (the weights to return to
            should the next loss not be finite), "optimiser.<parameter>.*", "carried.*" (the state
            of consecutive windows), "history.*" and "snapshot.<number>.*".
    """

    header: dict[str, Any]
    tensors: dict[str, Tensor]

    @classmethod
    def of(
        cls,
        *,
        model_spec: ModelSpec,
        training_spec: TrainingSpec,
        text: TrainingText,
        weights: Tensors,
        good: Tensors,
        optimiser: Tensors,
        carried: Sequence[Tensor],
        records: Sequence[Record],
        snapshots: Sequence[Snapshot],
        stopped: Stopped | None,
    ) -> "RunState":
        """Copies the parts of a run together; each is what `TrainingRun` calls by that name."""
        dtype = next(iter(weights.values())).dtype
        header = run_header(model_spec, training_spec, text, dtype) | {
            "snapshots": [[kept.step, kept.validation_perplexity] for kept in snapshots],
            "stopped": None if stopped is None else asdict(stopped),
        }
        tensors = text_tensors(text)
        groups: dict[str, Tensors] = {"weights": weights, "good": good, "optimiser": optimiser}
        groups["carried"] = {str(place): part for place, part in enumerate(carried)}
        groups["history"] = _tables(records, training_spec.time_steps)
        for place, kept in enumerate(snapshots):
            groups[f"snapshot.{place}"] = kept.weights
        for group, members in groups.items():
            for name, tensor in members.items():
                tensors[f"{group}.{name}"] = tensor.detach().clone().contiguous()
        return cls(header, tensors)

    @property
    def model_spec(self) -> ModelSpec:
        """The network."""
        return ModelSpec.from_dict(self._entry("model"))

    @property
    def training_spec(self) -> TrainingSpec:
        """The training."""
        return TrainingSpec.from_dict(self._entry("training"))

    @property
    def dtype(self) -> torch.dtype:
        """Of the weights."""
        return _DTYPES[self._entry("dtype")]

    @property
    def text(self) -> TrainingText:
        """What the network learns from."""
        tokens = self._entry("vocabulary")
        return TrainingText(
            train=self._tensor("text.train").to(torch.int64),
            validation=self._tensor("text.validation").to(torch.int64),
            vocabulary=None if tokens is None else Vocabulary(tuple(tokens)),
            scheme=cast("TokenScheme | None", self._entry("scheme")),
            text_digest=self._entry("text_digest"),
        )

    @property
    def stopped(self) -> Stopped | None:
        """Why the run ended early, or None."""
        told = self._entry("stopped")
        return None if told is None else Stopped(**told)

    def group(self, name: str) -> dict[str, Tensor]:
        """The tensors below a name: `group("weights")["head.bias"]` is "weights.head.bias"."""
        start = f"{name}."
        return {
            key.removeprefix(start): tensor
            for key, tensor in self.tensors.items()
            if key.startswith(start)
        }

    def carried(self) -> State | None:
        """The hidden state that the next batch starts from; None for zeros."""
        parts = self.group("carried")
        if not parts:
            return None
        model = self.model_spec
        shape = (model.num_layers, self.training_spec.batch_size, model.hidden_size)
        names = ("0", "1") if model.cell == "lstm" else ("0",)
        empty = {name: torch.empty(shape, dtype=self.dtype) for name in names}
        require_alike(empty, parts, "carried")
        return (parts["0"], parts["1"]) if model.cell == "lstm" else parts["0"]

    def snapshots(self, model: Tensors) -> list[Snapshot]:
        """The weights kept so far.

        Args:
            model: Parameters of the shapes that they must have.

        Returns:
            The snapshots, in the order of their steps.

        Raises:
            CoreError: A weight is missing, one too many, or of another shape or type.
        """
        found = []
        for place, (step, perplexity) in enumerate(self._entry("snapshots")):
            weights = self.group(f"snapshot.{place}")
            require_alike(model, weights, f"snapshot.{place}")
            found.append(Snapshot(step, {name: weights[name] for name in model}, perplexity))
        return found

    def records(self) -> list[Record]:
        """All records so far."""
        table, norms, validations = (
            self._tensor(f"history.{name}").tolist()
            for name in ("records", "per_step_norms", "validations")
        )
        norms_at = {int(row[0]): tuple(row[1:]) for row in norms}
        validated = {int(row[0]): ValidationResult(row[1], tuple(row[2:])) for row in validations}
        kept = {step for step, _ in self._entry("snapshots")}
        records = []
        for row in table:
            told = {
                name: None if math.isnan(value) else value
                for name, value in zip(_COLUMNS, row, strict=True)
            }
            told["step"], told["epoch"] = int(row[0]), int(row[1])
            records.append(
                Record(
                    **told,  # type: ignore[arg-type]
                    per_step_norms=norms_at.get(told["step"]),
                    validation=validated.get(told["step"]),
                    snapshot=told["step"] in kept,
                )
            )
        return records

    def _entry(self, name: str) -> Any:
        if name not in self.header:
            raise CoreError(f"The header (of {len(self.header)} entries) must hold `{name}`.")
        return self.header[name]

    def _tensor(self, name: str) -> Tensor:
        if name not in self.tensors:
            raise CoreError(f"The state (of {len(self.tensors)} tensors) must hold `{name}`.")
        return self.tensors[name]


def text_tensors(text: TrainingText) -> dict[str, Tensor]:
    """Both parts of a text in two bytes an index where they hold it, else in four."""
    parts = {"text.train": text.train, "text.validation": text.validation}
    short = max(int(part.max()) for part in parts.values()) <= torch.iinfo(torch.int16).max
    return {name: part.to(torch.int16 if short else torch.int32) for name, part in parts.items()}


def run_header(
    model_spec: ModelSpec, training_spec: TrainingSpec, text: TrainingText, dtype: torch.dtype
) -> dict[str, Any]:
    """What describes a run before its first record, as JSON holds it."""
    return {
        "format": FORMAT,
        "model": model_spec.to_dict(),
        "training": training_spec.to_dict(),
        "dtype": str(dtype).removeprefix("torch."),
        "vocabulary": None if text.vocabulary is None else list(text.vocabulary.tokens),
        "scheme": text.scheme,
        "text_digest": text.text_digest,
    }


def _tables(records: Sequence[Record], time_steps: int) -> dict[str, Tensor]:
    """All records as three tables of float64, which holds every number in them exactly."""

    def table(rows: list[list[float]], width: int) -> Tensor:
        return torch.tensor(rows, dtype=torch.float64).view(len(rows), width)

    told = [[getattr(record, name) for name in _COLUMNS] for record in records]
    norms = [[r.step, *r.per_step_norms] for r in records if r.per_step_norms is not None]
    validations = [
        [r.step, r.validation.loss, *r.validation.loss_by_position]
        for r in records
        if r.validation is not None
    ]
    return {
        "records": table(
            [[math.nan if value is None else value for value in row] for row in told],
            len(_COLUMNS),
        ),
        "per_step_norms": table(norms, 1 + time_steps),
        "validations": table(validations, 2 + time_steps),
    }
