"""Each preset of the Train page does what its sentence on screen says, on the page's own story.

The specs are those that the page starts, the first steps those that it would take.
"""

import itertools
import math
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.compute import texts
from app.sidebar.labels import PRESETS
from app.sidebar.training import PRESET
from app.training import LiveTraining
from app.views.training import reference_lines
from core.learning import Record, TrainingRun, validate
from core.learning.decoding import DecodingSpec, decode

MAIN = str(Path(__file__).resolve().parents[1] / "app" / "main.py")
SEEN = {"quick", "chapter", "bites", "unclipped", "relu", "rate"}
THETA = 1.0


@dataclass(frozen=True, eq=False)
class Started:
    """What the page starts for a preset: the button pressed, and stopped at once."""

    live: LiveTraining

    @property
    def lines(self) -> dict[str, float]:
        """Perplexities that the page draws beside the curve."""
        return {label.split(",")[0]: value for label, value in reference_lines(self.live)}

    def run(self) -> TrainingRun:
        """The same training without what only observes it."""
        training = replace(
            self.live.training, validate_every=0, snapshots_at=(), per_step_norms_every=0
        )
        return TrainingRun(self.live.model, training, self.live.text)

    def learn(self, steps: int) -> list[Record]:
        """The records of the first steps, fewer if the run stops."""
        assert steps <= (self.live.training.max_steps or 0)
        return first(self.run(), steps)


def first(run: TrainingRun, steps: int) -> list[Record]:
    next(run)
    return list(itertools.islice(run, steps))


@pytest.fixture(scope="module")
def started():
    """What the page starts for each preset, chosen one after the other on one page."""
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["steps"] = "20"  # of the Explore page, which is drawn first
    app.run()
    app.switch_page("screens/train.py").run()
    return {name: Started(press(app, name)) for name in sorted(SEEN)}


def press(app: AppTest, preset: str) -> LiveTraining:
    """Chooses the preset, starts it and stops it at once."""
    app.selectbox(key="preset").set_value(preset).run()
    (button,) = [each for each in app.button if each.label == "Start training"]
    button.click().run()
    assert not app.exception
    live = app.session_state["last_live"]
    live.job.stop()
    assert live.job.join(60)
    return live


def norms(records: list[Record]) -> list[float]:
    return [record.gradient_norm for record in records if record.gradient_norm is not None]


def mean_perplexity(records: list[Record]) -> float:
    """Exp of the mean loss."""
    losses = [record.loss for record in records if record.loss is not None]
    return math.exp(sum(losses) / len(losses))


def written(number: float) -> str:
    """A number as the sentences write it: .25, not 0.25."""
    return f"{number:g}".removeprefix("0")


def test_every_preset_is_looked_at_here():
    assert set(PRESET) == SEEN == set(PRESETS) - {"own"}


def test_presets_start_from_the_default_story_and_seed(started):
    for each in started.values():
        assert each.live.title == texts.title_of("story")
        assert each.live.model.seed == each.live.training.seed == 7


def test_the_numbers_in_the_sentences_are_those_of_the_training(started):
    wide, relu, fast = (started[name].live for name in ("bites", "relu", "rate"))
    size, rate = wide.model.hidden_size, wide.training.learning_rate
    assert f"{size} units, rate {written(rate)}:" in PRESET["bites"].look
    assert f"N(0, {written(relu.model.sigma)}²)" in PRESET["relu"].look
    assert f"N(0, {written(relu.model.sigma)}²)" in PRESETS["relu"]
    assert f"rate {written(fast.training.learning_rate)}:" in PRESET["rate"].look
    for name in ("bites", "unclipped"):
        assert f"{size} units" in PRESETS[name]
    for name, each in started.items():
        clipped = each.live.training.clip == "norm" and each.live.training.clip_threshold == THETA
        assert clipped == (name not in ("unclipped", "relu")), name


def test_the_chapters_preset_is_the_chapters_and_never_clips(started):
    model, training = started["chapter"].live.model, started["chapter"].live.training
    assert (model.cell, model.hidden_size, model.input) == ("rnn_tanh", 32, "one_hot")
    assert (training.optimiser, training.learning_rate) == ("sgd", 1.0)
    assert (training.windows, training.time_steps, training.batch_size) == ("overlapping", 32, 1024)
    records = started["chapter"].learn(120)
    assert max(norms(records)) < 0.8 * THETA
    assert all(record.gradient_norm_clipped == record.gradient_norm for record in records)


def test_where_clipping_bites_few_norms_are_cut_and_the_network_learns(started):
    records = started["bites"].learn(30)
    cut = [record for record in records if (record.gradient_norm or 0) > THETA]
    assert 1 <= len(cut) <= 10
    for record in records:
        expected = THETA if record in cut else record.gradient_norm
        assert record.gradient_norm_clipped == pytest.approx(expected, abs=1e-5)
    assert mean_perplexity(records[-5:]) < started["bites"].lines["unigram"]


def test_the_same_not_clipped_is_the_same_start_and_never_recovers(started):
    bites, unclipped = started["bites"].live, started["unclipped"].live
    assert unclipped.model == bites.model
    assert unclipped.training == replace(bites.training, clip="off")
    assert unclipped.text.digest == bites.text.digest
    cut, free = started["bites"].learn(10), started["unclipped"].learn(20)
    same = next(place for place, norm in enumerate(norms(cut)) if norm > THETA)
    assert free[:same] == cut[:same]
    assert (free[same].loss, free[same].gradient_norm) == (cut[same].loss, cut[same].gradient_norm)
    assert len(free) == 20, "the sentence says that it goes on"
    assert min(norms(free[same:])) > THETA
    assert max(norms(free)) > 3 * max(norms(cut))
    assert min(mean_perplexity([record]) for record in free[10:]) > 1e6


def test_relu_with_large_weights_leaves_the_numbers_within_five_steps(started):
    run = started["relu"].run()
    first(run, 5)
    assert run.stopped is not None
    assert run.stopped.step <= 5
    assert not math.isfinite(run.stopped.loss)


def test_too_high_a_rate_stays_finite_and_guesses_worse_than_blindly(started):
    run = started["rate"].run()
    records = first(run, 60)
    assert run.stopped is None
    assert sum(norm > THETA for norm in norms(records)) > 20
    assert mean_perplexity(records[10:]) > started["rate"].lines["a blind guess"]


def test_the_quick_lstm_passes_the_trigram_and_begins_to_write_words(started):
    """Well before its end: the page gives it more than twice these steps."""
    run = started["quick"].run()
    untrained = share_of_words(run)
    first(run, 450)
    judged = validate(run.model, run.training_spec, run.text.validation)
    assert judged.perplexity < started["quick"].lines["trigram"]
    assert untrained < 0.05
    assert share_of_words(run) > 0.3


def share_of_words(run: TrainingRun) -> float:
    """Of what the network writes between two other signs, the share that is a word of the text."""
    vocabulary = run.text.vocabulary
    assert vocabulary is not None
    prefix = run.text.validation[:1].tolist()
    drawn = decode(run.model, prefix, 1000, DecodingSpec(temperature=0.8), seed=7)
    known = set(words(vocabulary.decode(run.text.train.tolist())))
    found = words(vocabulary.decode([choice.index for choice in drawn]))
    return sum(word in known for word in found) / len(found)


def words(tokens: list[str]) -> list[str]:
    """Those of at least three letters."""
    return re.findall(r"[a-z]{3,}", "".join(tokens).lower())
