"""The Train page without a browser: presets, a whole training, pause, stop, and what is drawn."""

import math
import re
import time
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import jobs
from app.compute import texts
from app.sidebar.labels import PRESETS
from app.sidebar.training import PRESET
from app.training import LiveTraining, limits_of
from app.views.training import MOST, reference_lines, training_view
from core.learning import StepLimits, TrainingSpec, TrainingText, spread_snapshots
from core.models import ModelSpec
from core.text import NgramCounts, NgramModel, Split, perplexity

MAIN = str(Path(__file__).resolve().parent.parent / "app" / "main.py")


def page(**query: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    for name, value in {"units": "4", "steps": "20", "text": "lighthouse", **query}.items():
        app.query_params[name] = value
    app.run()
    app.switch_page("screens/train.py").run()
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> None:
    (button,) = [each for each in app.button if each.label == label]
    button.click().run()
    assert not app.exception


def live_of(app: AppTest) -> LiveTraining:
    return app.session_state["last_live"]


def text_of(scheme="graphemes") -> TrainingText:
    text = texts.shipped("lighthouse")
    tokens = texts.tokens_of(text.digest, scheme, text.text)
    indices = np.array(tokens.vocabulary.encode(tokens.tokens))
    split = Split.at_end(len(indices))
    return TrainingText.from_split(
        indices, split, vocabulary=tokens.vocabulary, scheme=scheme, text_digest=text.digest
    )


def finished(steps=12, **changes) -> LiveTraining:
    """A small training, run to its end."""
    text = text_of()
    assert text.vocabulary is not None
    model = ModelSpec(cell="gru", vocabulary_size=len(text.vocabulary), hidden_size=5)
    spec = TrainingSpec(
        optimiser="adam", learning_rate=0.01, windows="disjoint", time_steps=9, batch_size=8,
        epochs=1000, max_steps=steps, per_step_norms_every=3, validate_every=4,
        snapshots_at=spread_snapshots(steps, 4), **changes,
    )  # fmt: skip
    live = LiveTraining(model, spec, text, "The lighthouse", "")
    assert live.job.join(240)
    return live


@pytest.mark.parametrize("preset", [name for name in PRESETS if name != "own"])
def test_every_preset_sets_its_widgets_and_can_start(preset):
    app = page()
    app.selectbox(key="preset").set_value(preset).run()
    assert not app.exception
    wanted = PRESET[preset].widgets
    widgets = (*app.segmented_control, *app.number_input, *app.toggle, *app.selectbox)
    shown = {each.key: each.value for each in widgets}
    for key, value in wanted.items():
        if key in shown:
            assert shown[key] == value, key
    assert {"optimiser", "rate", "clip", "batch", "budget"} <= set(shown)


def test_a_training_from_start_to_explore():
    app = page(budget="12", span="8", batch="4", units="6")
    press(app, "Start training")
    live = live_of(app)
    assert live.job.join(240)
    app.run()
    assert not app.exception
    assert live.progress.state == "finished"
    assert live.progress.step == 12
    app.switch_page("screens/explore.py").run()
    assert not app.exception
    checkpoint = app.session_state["last_trained"]
    assert checkpoint.training["steps"] == 12
    assert app.selectbox(key="weights").value == "here"
    app.select_slider(key="snapshot").set_value("0").run()
    assert not app.exception
    assert "explorer" in {element.key for element in app.get("bidi_component")}


def test_pause_resume_stop():
    app = page(budget="20000", span="8", batch="4")
    press(app, "Start training")
    live = live_of(app)
    try:
        press(app, "Pause")
        end = time.monotonic() + 120
        while live.job.state != "paused" and time.monotonic() < end:
            time.sleep(0.02)
        step = live.progress.step
        app.run()
        press(app, "Resume")
        while live.progress.step <= step and time.monotonic() < end:
            time.sleep(0.02)
        assert live.progress.step > step
        press(app, "Stop training")
        assert live.job.join(20)
        app.run()
        assert live.progress.state == "stopped"
        assert live.checkpoint() is not None
        press(app, "Start training")  # another one from the same start
        assert live_of(app) is not live
        live_of(app).job.pause()
    finally:
        live_of(app).job.stop()
        assert live_of(app).job.join(20)


def test_the_same_start_gives_the_same_records():
    first, second = finished(), finished()
    assert first.progress.records == second.progress.records
    assert first.identity != second.identity


def test_what_is_drawn_is_what_was_recorded():
    live = finished()
    progress = live.progress
    lines = reference_lines(live)
    view = training_view(live, progress, lines, 3)
    updates = [record for record in progress.records if record.step]
    assert view.train[0].tolist() == [record.step for record in updates]
    np.testing.assert_array_equal(view.train[1], [record.perplexity for record in updates])
    np.testing.assert_array_equal(view.norm[1], [record.gradient_norm for record in updates])
    np.testing.assert_array_equal(
        view.norm[2], [record.gradient_norm_clipped for record in updates]
    )
    judged = [record for record in progress.records if record.validation]
    assert view.validation[0].tolist() == [record.step for record in judged]
    np.testing.assert_array_equal(
        view.validation[1], [record.validation.perplexity for record in judged]
    )
    steps, log10 = view.per_step
    assert steps.tolist() == [3, 6, 9, 12]
    np.testing.assert_allclose(10.0 ** log10[1], progress.records[6].per_step_norms, rtol=1e-5)
    assert view.snapshots == live.training.snapshots_at
    assert view.sample_step == 12
    assert len(view.sample) > 50
    assert dict(view.references)[f"a blind guess, V = {live.model.vocabulary_size}"] == (
        live.model.vocabulary_size
    )
    counts = NgramCounts.of(live.text.train.numpy(), live.model.vocabulary_size, 2)
    wanted = perplexity(NgramModel(counts, (1.0, 1.0)).probabilities(live.text.validation.numpy()))
    assert dict(view.references)["bigram"] == pytest.approx(wanted)


def test_long_curves_are_thinned_and_keep_their_end():
    live = finished()
    progress = live.progress
    records = progress.records * 200
    many = [record for record in records if record.step][: 3 * MOST]
    from app.views.training import _thinned  # noqa: PLC0415 - only here

    thin = _thinned(many)
    assert len(thin) == MOST
    assert thin[0] is many[0]
    assert thin[-1] is many[-1]


def test_a_training_that_leaves_the_numbers_says_so_and_can_be_looked_into():
    text = text_of("letters")
    model = ModelSpec(cell="rnn_relu", vocabulary_size=len(text.vocabulary), hidden_size=32,
                      initialisation="normal", sigma=0.6, seed=1)  # fmt: skip
    spec = TrainingSpec(learning_rate=50.0, clip="off", time_steps=32, batch_size=64,
                        max_steps=200, windows="disjoint", epochs=1000)  # fmt: skip
    live = LiveTraining(model, spec, text, "The lighthouse", "")
    assert live.job.join(240)
    progress = live.progress
    assert progress.state == "failed"
    assert "Training stopped at step" in progress.message
    view = training_view(live, progress, reference_lines(live), 1)
    assert view.message == progress.message
    checkpoint = live.checkpoint()
    assert checkpoint is not None
    assert all(math.isfinite(float(w.abs().max())) for w in checkpoint.weights.values())


def test_a_refused_training_is_told_and_a_bug_is_not_hidden(monkeypatch):
    text = text_of()
    model = ModelSpec(cell="gru", vocabulary_size=3, hidden_size=5)  # too few for the text
    live = LiveTraining(model, TrainingSpec(time_steps=9), text, "", "")
    assert live.job.join(240)
    assert live.progress.state == "failed"
    assert "`vocabulary_size` (=3)" in live.progress.message
    monkeypatch.setattr("app.training.TrainingProcess.learn", lambda *_, **__: 1 / 0)
    broken = LiveTraining(model, TrainingSpec(), text, "", "")
    assert broken.job.join(240)
    with pytest.raises(ZeroDivisionError):
        _ = broken.progress


def test_more_trainings_than_slots_wait():
    assert jobs.AT_ONCE == 2
    text = text_of()
    model = ModelSpec(cell="gru", vocabulary_size=len(text.vocabulary), hidden_size=5)
    spec = TrainingSpec(time_steps=9, batch_size=4, windows="disjoint", epochs=100_000)
    lives = [LiveTraining(model, spec, text, "", "") for _ in range(4)]
    try:
        end = time.monotonic() + 120
        while not (lives[0].progress.step and lives[1].progress.step):
            assert time.monotonic() < end
            time.sleep(0.02)
        assert [live.progress.state for live in lives[2:]] == ["queued"] * 2
        assert "1 before it" in training_view(lives[3], lives[3].progress, [], 0).message
    finally:
        for live in lives:
            live.job.stop()
        assert all(live.job.join(20) for live in lives)


def labelled(app: AppTest, start: str) -> str:
    (label,) = [each.label for each in app.button if each.label.startswith(start)]
    return label


def start_is_disabled(app: AppTest) -> bool:
    (button,) = [each for each in app.button if each.label == "Start training"]
    return button.disabled


@pytest.mark.parametrize(
    ("query", "words", "key"),
    [
        ({"span": "400"}, "too short for windows of 400 time steps", "span"),
        ({"span": "20", "batch": "900", "windowing": "consecutive"}, "of 900 streams", "batch"),
        ({"text": "story", "units": "512", "layers": "4", "batch": "4096", "span": "500"},
         "Batch size 4,096 with 500 time steps and 4 layers of 512 units would take", "batch"),
    ],
)  # fmt: skip
def test_what_cannot_start_says_so_before_and_one_click_sets_what_can(query, words, key):
    app = page(**query)
    (warning,) = app.warning
    assert words in warning.value
    assert "`" not in warning.value  # no name of a library parameter
    assert start_is_disabled(app)
    press(app, labelled(app, "Use "))
    assert not app.warning
    assert not start_is_disabled(app)
    assert app.number_input(key=key).value < int(query[key])


def test_a_sorted_list_is_judged_by_lines_from_all_over_it_with_one_click():
    words = sorted({word for word in texts.shipped("story").text.lower().split() if word.isalpha()})
    app = page(text="paste")
    assert not app.info
    app.text_area(key="pasted").set_value("\n".join(words)).run()
    assert "unlike the rest" in app.info[0].value
    press(app, labelled(app, "Judge by"))
    assert app.selectbox(key="judge").value == "lines"
    assert not app.info


def test_pictures_and_look_inside_stay_where_a_file_has_no_room_for_all_snapshots(monkeypatch):
    app = page(budget="12", span="8", batch="4", units="6")
    press(app, "Start training")
    live = live_of(app)
    assert live.job.join(240)
    one = sum(tensor.nbytes for tensor in live.checkpoint().weights.values())
    for room, words in ((40_000 + 5 * one, r"The file holds \d of the 12"), (100, "too large")):
        monkeypatch.setattr("core.learning.result.MAX_CHECKPOINT_BYTES", room)
        live._file = None
        app.run()
        assert not app.exception
        assert any(re.search(words, caption.value) for caption in app.caption)
        assert "training" in {element.key for element in app.get("bidi_component")}
    assert len(live.checkpoint().snapshots) == 12


def test_the_limits_can_be_set_and_nonsense_leaves_the_usual_ones():
    assert limits_of({"UNROLLED_STEP_GB": "0.5", "UNROLLED_STEP_SECONDS": "3"}) == StepLimits(
        500_000_000, 3.0
    )
    for nonsense in ("", "nan", "inf", "-1", "0", "1e99", "much"):
        found = limits_of({"UNROLLED_STEP_GB": nonsense, "UNROLLED_STEP_SECONDS": nonsense})
        assert found == StepLimits()
