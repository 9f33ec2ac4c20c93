"""TrainingRun against steps written by hand and torch.optim, and what it tells on the way."""

import math

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from core.errors import SpecError, TextError
from core.learning import (
    Batches,
    TrainingRun,
    TrainingSpec,
    TrainingText,
    perplexity_of_loss,
    validate,
)
from core.learning.updates import clip_gradients, gradient_norm, learning_rate_at
from core.models import ModelSpec, SequenceModel, Snapshot, next_token_loss
from core.text import Vocabulary

CELLS = ("rnn_tanh", "rnn_relu", "gru", "lstm")
VOCABULARY, HIDDEN, TIME, BATCH = 11, 6, 7, 5


def text_of(seed: int = 0, train: int = 60, validation: int = 40, tokens: int = VOCABULARY):
    draw = torch.Generator().manual_seed(seed)
    indices = torch.randint(tokens, (train + validation,), generator=draw)
    return TrainingText(train=indices[:train], validation=indices[train:])


def run_of(
    cell: str = "gru", *, dtype=torch.float64, text=None, model=None, **attributes
) -> TrainingRun:
    given = {"time_steps": TIME, "batch_size": BATCH, "epochs": 1} | attributes
    spec = ModelSpec(cell=cell, vocabulary_size=VOCABULARY, hidden_size=HIDDEN, **(model or {}))
    return TrainingRun(spec, TrainingSpec(**given), text or text_of(), dtype=dtype)


@pytest.mark.parametrize("cell", CELLS)
def test_an_untrained_network_has_the_vocabulary_size_as_perplexity(cell):
    """A band over seeds; a start of small weights comes closer."""
    for seed in range(3):
        spec = ModelSpec(cell=cell, vocabulary_size=28, initialisation="normal", seed=seed)
        text = text_of(seed, train=200, validation=300, tokens=28)
        run = TrainingRun(spec, TrainingSpec(epochs=1), text)
        record = next(run)
        assert (record.step, record.epoch, record.loss, record.perplexity) == (0, 0, None, None)
        assert record.validation is not None
        assert abs(record.validation.perplexity - 28) < 0.05
        assert run.vocabulary_size == 28


@pytest.mark.parametrize("cell", CELLS)
def test_a_step_of_plain_descent_is_the_one_written_by_hand(cell):
    run = run_of(cell, learning_rate=0.7, clip="off")
    model = SequenceModel.from_spec(run.model_spec, dtype=torch.float64)
    inputs, targets = Batches(run.training_spec, run.text.train).at(1)
    logits, _ = model(inputs)
    loss = -logits.log_softmax(-1).gather(-1, targets[..., None]).mean()
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    next(run)
    record = next(run)
    for ours, weight, gradient in zip(
        run.model.parameters(), model.parameters(), gradients, strict=True
    ):
        assert_close(ours.detach(), (weight - 0.7 * gradient).detach())
        assert not torch.equal(ours, weight)
    norm = torch.cat([gradient.flatten() for gradient in gradients]).norm().item()
    assert record.loss == pytest.approx(loss.item(), rel=1e-12)
    assert record.perplexity == pytest.approx(math.exp(loss.item()), rel=1e-12)
    assert record.gradient_norm == pytest.approx(norm, rel=1e-12)
    assert record.gradient_norm_clipped == record.gradient_norm
    assert (record.step, record.epoch, record.learning_rate) == (1, 1, 0.7)
    assert record.tokens_per_second and record.tokens_per_second > 0


OPTIMISERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, weight_decay=0.01),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8, weight_decay=0.01),
    "adam": lambda p: torch.optim.Adam(p, lr=0.05, weight_decay=0.01),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.01),
}


@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize("windows", ["overlapping", "disjoint", "consecutive"])
@pytest.mark.parametrize("clip", ["norm", "value", "off"])
def test_a_run_is_the_plain_loop_of_torch(name, windows, clip):
    threshold = {"norm": 0.2, "value": 0.01, "off": 1.0}[clip]
    run = run_of(
        "lstm",
        dtype=torch.float32,
        optimiser=name,
        learning_rate=0.05,
        momentum=0.8,
        weight_decay=0.01,
        windows=windows,
        clip=clip,
        clip_threshold=threshold,
        batch_size=2,
        epochs=2,
    )
    model = SequenceModel.from_spec(run.model_spec)
    optimiser = OPTIMISERS[name](model.parameters())
    batches, state = Batches(run.training_spec, run.text.train), None
    next(run)
    for record in run:
        inputs, targets = batches.at(record.step)
        carry = windows == "consecutive" and (record.step - 1) % batches.per_epoch
        logits, last = model(inputs, state if carry else None)
        state = tuple(part.detach() for part in last)
        loss = next_token_loss(logits, targets)
        model.zero_grad()
        loss.backward()
        if clip == "norm":
            norm = nn.utils.clip_grad_norm_(model.parameters(), threshold)
            assert record.gradient_norm == norm.item()
        elif clip == "value":
            nn.utils.clip_grad_value_(model.parameters(), threshold)
        grads = [p.grad.flatten() for p in model.parameters()]
        after = torch.cat(grads).norm().item()
        assert record.gradient_norm_clipped == pytest.approx(after, rel=1e-5)
        optimiser.step()
        assert record.loss == loss.item()
    assert run.step == run.total_steps == 2 * batches.per_epoch
    for ours, theirs in zip(run.model.parameters(), model.parameters(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize(("threshold", "clipped"), [(1.0, (0.6, 0.8)), (10.0, (3.0, 4.0))])
def test_clipping_takes_one_norm_over_all_parameters(threshold, clipped):
    parameters = [nn.Parameter(torch.zeros(1, dtype=torch.float64)) for _ in range(2)]
    for parameter, value in zip(parameters, (3.0, 4.0), strict=True):
        parameter.grad = torch.tensor([value], dtype=torch.float64)
    norm = gradient_norm(parameters)
    after = clip_gradients(TrainingSpec(clip_threshold=threshold), parameters, norm)
    assert norm.item() == 5.0
    found = [parameter.grad.item() for parameter in parameters]  # type: ignore[union-attr]
    # torch divides by the norm plus 1e-6.
    assert found == pytest.approx(clipped, rel=3e-7)
    assert after.item() == pytest.approx(math.hypot(*found), rel=1e-12)


def test_clipping_by_value_cuts_every_entry():
    parameter = nn.Parameter(torch.zeros(3))
    parameter.grad = torch.tensor([-3.0, 0.25, 4.0])
    spec = TrainingSpec(clip="value", clip_threshold=0.5)
    after = clip_gradients(spec, [parameter], gradient_norm([parameter]))
    assert parameter.grad.tolist() == [-0.5, 0.25, 0.5]
    assert after.item() == 0.75


def test_the_cosine_is_torchs():
    parameter = nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([parameter], lr=0.3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=9)
    spec = TrainingSpec(learning_rate=0.3, schedule="cosine")
    for step in range(1, 10):
        assert learning_rate_at(spec, step, 9) == pytest.approx(schedule.get_last_lr()[0])
        optimiser.step()
        schedule.step()


def test_the_warm_up_rises_in_equal_parts():
    spec = TrainingSpec(learning_rate=0.4, schedule="linear_warmup", warmup_steps=4)
    rates = [learning_rate_at(spec, step, 9) for step in range(1, 7)]
    assert rates == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4, 0.4])
    run = run_of(learning_rate=0.4, schedule="linear_warmup", warmup_steps=4)
    assert [record.learning_rate for record in run][:4] == pytest.approx([0.1, 0.1, 0.2, 0.3])


@pytest.mark.parametrize("cell", CELLS)
def test_the_same_spec_gives_the_same_records(cell):
    one, other = (list(run_of(cell, dtype=torch.float32, optimiser="adam")) for _ in range(2))
    assert one == other
    assert one != list(run_of(cell, dtype=torch.float32, optimiser="adam", seed=1))


def test_global_settings_stay_as_they_are():
    before = torch.get_rng_state(), torch.is_grad_enabled(), torch.get_num_threads()
    list(run_of(per_step_norms_every=2, snapshots_at=(1,)))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (torch.is_grad_enabled(), torch.get_num_threads()) == before[1:]


@pytest.mark.parametrize("cell", CELLS)
def test_per_step_norms_are_those_of_autograd_and_change_nothing(cell):
    run = run_of(cell, per_step_norms_every=3, model={"num_layers": 2})
    records = list(run)
    plain = list(run_of(cell, model={"num_layers": 2}))
    # A recorded step goes through PyTorch's own backward pass: the same up to rounding.
    losses = [[record.loss for record in each[1:]] for each in (records, plain)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-10)
    asked = [record.step for record in records if record.per_step_norms is not None]
    assert asked == list(range(3, run.total_steps + 1, 3))
    model = run_of(cell, max_steps=2, model={"num_layers": 2})
    list(model)
    # The top layer alone, step by step, so that autograd keeps every dL/dh_t.
    network, (inputs, targets) = model.model, Batches(run.training_spec, run.text.train).at(3)
    top = type(network.rnn)(HIDDEN, HIDDEN, dtype=torch.float64, **nonlinearity(cell))
    for name, value in network.rnn.named_parameters():
        if name.endswith("_l1"):
            getattr(top, name.replace("_l1", "_l0")).data.copy_(value)
    below = type(network.rnn)(VOCABULARY, HIDDEN, dtype=torch.float64, **nonlinearity(cell))
    for name, value in below.named_parameters():
        value.data.copy_(getattr(network.rnn, name))
    x = nn.functional.one_hot(inputs, VOCABULARY).double()
    lower, _ = below(x)
    state, hidden = None, []
    for x_t in lower:
        _, state = top(x_t[None], state)
        h = state[0] if isinstance(state, tuple) else state
        h.retain_grad()
        hidden.append(h)
    next_token_loss(network.head(torch.cat(hidden)), targets).backward()
    expected = [h.grad[0].norm(dim=-1).mean().item() for h in hidden]
    assert records[3].per_step_norms == pytest.approx(expected, rel=1e-9)


def nonlinearity(cell: str) -> dict[str, str]:
    return {"nonlinearity": cell.removeprefix("rnn_")} if cell.startswith("rnn") else {}


def test_validation_comes_at_epoch_ends_snapshots_the_end_and_when_asked():
    run = run_of(epochs=3, max_steps=26, validate_every=10, snapshots_at=(4,))
    validated = [record.step for record in run if record.validation is not None]
    assert validated == [0, 4, 10, 11, 20, 22, 26]


@pytest.mark.parametrize("windows", ["overlapping", "disjoint"])
def test_validation_is_the_mean_over_all_windows(windows):
    run = run_of(windows=windows)
    text = run.text.validation
    found = validate(run.model, run.training_spec, text)
    starts = range(0, len(text) - TIME, TIME if windows == "disjoint" else 1)
    losses = []
    with torch.no_grad():
        for start in starts:
            window = text[start : start + TIME + 1]
            logits, _ = run.model(window[:-1, None])
            losses.append(nn.functional.cross_entropy(logits[:, 0], window[1:], reduction="none"))
    by_position = torch.stack(losses).mean(0)
    assert found.loss == pytest.approx(by_position.mean().item(), rel=1e-12)
    assert found.loss_by_position == pytest.approx(by_position.tolist(), rel=1e-12)
    assert found.perplexity == math.exp(found.loss)
    assert found.perplexity_by_position[2] == math.exp(found.loss_by_position[2])


def test_consecutive_validation_carries_the_state():
    run = run_of(windows="consecutive", batch_size=1)
    text = run.text.validation[: 5 * TIME + 1]
    with torch.no_grad():
        logits, _ = run.model(text[:-1, None])
    whole = next_token_loss(logits, text[1:, None]).item()
    assert validate(run.model, run.training_spec, text).loss == pytest.approx(whole, rel=1e-12)


def test_snapshots_are_the_weights_at_those_steps():
    run = run_of(snapshots_at=(0, 1, 5, 11))
    seen = {}
    for record in run:
        seen[record.step] = {name: w.clone() for name, w in run.model.state_dict().items()}
        assert record.snapshot == (record.step in (0, 1, 5, 11))
    assert [kept.step for kept in run.snapshots] == [0, 1, 5, 11]
    for kept in run.snapshots:
        assert isinstance(kept, Snapshot)
        assert kept.weights.keys() == seen[kept.step].keys()
        assert all(torch.equal(kept.weights[name], w) for name, w in seen[kept.step].items())
        validation = run.history[kept.step].validation
        assert validation is not None
        assert kept.validation_perplexity == validation.perplexity


def exploding(**attributes) -> TrainingRun:
    spec = ModelSpec(
        cell="rnn_relu", vocabulary_size=11, hidden_size=32, initialisation="normal", sigma=0.4
    )
    training = {"learning_rate": 1.0, "clip": "off", "time_steps": 30, "batch_size": 8}
    return TrainingRun(spec, TrainingSpec(**training | attributes), text_of(train=300))


def test_a_run_that_explodes_stops_and_keeps_the_last_good_weights():
    # The decay makes the weights 10,000 times as large each step: some steps pass before the end.
    attributes = {"learning_rate": 1000.0, "weight_decay": 10.0, "clip": "off"}
    run, before = run_of("lstm", dtype=torch.float32, **attributes), []
    for _ in run:
        before.append([parameter.detach().clone() for parameter in run.model.parameters()])
    stopped = run.stopped
    assert stopped is not None
    assert run.finished
    assert 3 < stopped.step == len(before) == run.history[-1].step + 1
    assert not math.isfinite(stopped.loss)
    last = run.history[-1].gradient_norm
    assert last is not None
    assert stopped.reason == (
        f"Training stopped at step {stopped.step}: the loss is {stopped.loss:g} and the gradient "
        f"norm {stopped.gradient_norm:g} ({last:.3g} one step before). Lower `learning_rate` "
        "(=1000), or set `clip` (='off') to 'norm'. The network keeps the last weights whose loss "
        "was finite."
    )
    # Those that gave the last finite loss: before the update of the step before.
    kept = list(run.model.parameters())
    assert all(torch.equal(a, b) for a, b in zip(kept, before[-2], strict=True))
    assert math.isfinite(validate(run.model, run.training_spec, run.text.validation).loss)
    assert next(run, None) is None


def test_relu_with_a_large_start_explodes_without_clipping_and_not_with_it():
    run = exploding()
    list(run)
    assert run.stopped is not None
    assert all(bool(weight.isfinite().all()) for weight in run.model.parameters())
    clipped = exploding(clip="norm", learning_rate=0.1, max_steps=20)
    list(clipped)
    assert clipped.stopped is None


def test_a_gradient_that_is_not_finite_is_not_used():
    run = exploding()
    next(run)
    weights = [parameter.detach().clone() for parameter in run.model.parameters()]
    run.model.head.weight.register_hook(lambda gradient: gradient * math.inf)
    assert list(run) == []
    assert run.stopped is not None
    assert math.isfinite(run.stopped.loss)
    assert not math.isfinite(run.stopped.gradient_norm)
    assert all(torch.equal(a, b) for a, b in zip(run.model.parameters(), weights, strict=True))


def test_weights_that_fail_the_validation_are_not_kept():
    run = exploding(max_steps=3, clip="norm", learning_rate=1000.0, snapshots_at=(1, 3))
    next(run)
    good = [parameter.detach().clone() for parameter in run.model.parameters()]
    run._optimiser.register_step_post_hook(lambda *_: run.model.head.bias.data.fill_(math.nan))
    assert list(run) == []
    assert run.stopped is not None
    assert run.stopped.reason.startswith("Training stopped at step 1: the validation loss is nan")
    assert "Lower `learning_rate` (=1000) or `clip_threshold` (=1)." in run.stopped.reason
    assert run.snapshots == ()
    assert all(torch.equal(a, b) for a, b in zip(run.model.parameters(), good, strict=True))


def test_a_perplexity_beyond_the_largest_float_is_inf():
    assert perplexity_of_loss(710.0) == math.inf
    assert perplexity_of_loss(math.inf) == math.inf
    assert math.isnan(perplexity_of_loss(math.nan))
    assert perplexity_of_loss(709.0) == math.exp(709.0)


def test_learning_lowers_the_perplexity():
    train = torch.arange(300) % VOCABULARY
    text = TrainingText(train=train, validation=train[:60])
    run = run_of(text=text, optimiser="adam", learning_rate=0.02, epochs=3)
    perplexities = [r.validation.perplexity for r in run if r.validation is not None]
    assert perplexities[0] > 8
    assert perplexities[-1] < 1.5


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        (
            {"model": {"bidirectional": True}, "windows": "consecutive"},
            "`bidirectional` \\(=True\\)",
        ),
        ({"snapshots_at": (99,)}, "`snapshots_at` holds 99, which must be at most 11"),
    ],
)
def test_specs_that_do_not_go_together_are_refused(attributes, message):
    with pytest.raises(SpecError, match=message):
        run_of(**attributes)


def test_a_text_of_another_vocabulary_is_refused():
    with pytest.raises(SpecError, match=r"`vocabulary_size` \(=11\) must be that of the text, at"):
        run_of(text=text_of(tokens=20))
    known = Vocabulary.from_tokens("abc")
    part = torch.arange(40) % 4
    with pytest.raises(SpecError, match="must be that of the text, 4"):
        run_of(text=TrainingText(train=part, validation=part, vocabulary=known))
    with pytest.raises(TextError, match=r"`validation` \(of 7 tokens\) must have at least 8"):
        run_of(text=text_of(validation=7))
