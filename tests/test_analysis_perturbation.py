"""One token changed, against two runs of the model with plain PyTorch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.analysis.perturbation import perturb
from core.errors import CoreError
from core.models import ModelSpec, SequenceModel

V, T, H = 11, 17, 5
CELLS = ("rnn_tanh", "rnn_relu", "gru", "lstm")


def network(cell="gru", **more):
    spec = ModelSpec(cell=cell, vocabulary_size=V, hidden_size=H, seed=3, **more)
    return SequenceModel(spec, torch.float64)


def indices(seed=0):
    drawn = torch.randint(0, V, (T + 1,), generator=torch.Generator().manual_seed(seed))
    return drawn[:-1], drawn[1:]


def changed(inputs, step):
    other = inputs.clone()
    other[step] = (other[step] + 4) % V
    return other, int(other[step])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("step", [0, 6, T - 1])
def test_the_change_is_that_of_a_second_run(cell, step):
    model = network(cell)
    inputs, targets = indices()
    other, token = changed(inputs, step)
    found = perturb(model, inputs, targets, step, token)
    with torch.no_grad():
        runs = [model.rnn(F.one_hot(each, V).double().unsqueeze(1))[0] for each in (inputs, other)]
        logits = [model.head(run)[:, 0] for run in runs]
    before, after = (run[:, 0].numpy() for run in runs)
    size = np.sqrt(((after - before) ** 2).sum(-1))
    np.testing.assert_allclose(found.difference, size, rtol=1e-9, atol=1e-15)
    whole = np.sqrt((before**2).sum(-1))
    np.testing.assert_allclose(found.relative, size / whole, rtol=1e-9, atol=1e-15)
    for said, run in zip((found.surprise, found.surprise_after), logits, strict=True):
        expected = F.cross_entropy(run, targets, reduction="none").numpy()
        np.testing.assert_allclose(said, expected, rtol=1e-12)
    assert (found.step, found.token, found.layer) == (step, token, "rnn.l0")


@pytest.mark.parametrize("cell", CELLS)
def test_nothing_changes_before_the_token_unless_the_layer_reads_from_the_end(cell):
    inputs, targets = indices()
    _, token = changed(inputs, 6)
    found = perturb(network(cell), inputs, targets, 6, token)
    assert (found.relative[:6] == 0).all()
    assert (found.surprise[:6] == found.surprise_after[:6]).all()
    assert found.relative[6] > 0
    both = network(cell, bidirectional=True)
    back = perturb(both, inputs, targets, 6, token, "rnn.l0_reverse")
    assert (back.relative[7:] == 0).all()
    assert (back.relative[4:7] > 0).all()


def test_a_lower_layer_can_be_asked_for_and_the_highest_forward_one_is_meant():
    model = network("lstm", num_layers=2, bidirectional=True)
    inputs, targets = indices()
    _, token = changed(inputs, 6)
    assert perturb(model, inputs, targets, 6, token).layer == "rnn.l1"
    lower = perturb(model, inputs, targets, 6, token, "rnn.l0")
    assert lower.layer == "rnn.l0"
    assert (lower.relative[:6] == 0).all()


def test_without_recurrence_the_change_is_gone_at_the_next_step():
    inputs, targets = indices()
    _, token = changed(inputs, 6)
    found = perturb(network("rnn_tanh", spectral_radius=0.0), inputs, targets, 6, token)
    assert found.relative[6] > 0
    faded = np.flatnonzero(found.relative)
    assert faded.min() == 6
    assert faded.max() < 6 + H  # a matrix of spectral radius 0 is nilpotent: H steps at most


def test_a_state_that_was_nothing_and_states_beyond_all_numbers():
    inputs, targets = indices()
    _, token = changed(inputs, 6)
    model = network("rnn_relu")
    with torch.no_grad():
        for parameter in model.rnn.parameters():
            parameter.zero_()
        model.rnn.weight_ih_l0[:, token] = 1.0
    found = perturb(model, torch.where(inputs == token, 0, inputs), targets, 6, token)
    assert found.relative[6] == np.inf
    assert (np.delete(found.relative, 6) == 0).all()
    with torch.no_grad():
        model.rnn.weight_hh_l0.copy_(1e200 * torch.eye(H, dtype=torch.float64))
    found = perturb(model, torch.where(inputs == token, 0, inputs), targets, 6, token)
    assert found.difference[7] == pytest.approx(1e200 * np.sqrt(H))
    assert np.isnan(found.difference[9]) or np.isinf(found.difference[9])


@pytest.mark.parametrize(
    ("step", "token", "layer", "said"),
    [
        (T, 1, None, r"`step` \(=17\) must be from 0 to 16"),
        (-1, 1, None, r"`step` \(=-1\)"),
        (2, V, None, r"`token` \(=11\) must be an index of the vocabulary, 0 to 10"),
        (2, None, None, r"must differ from the token at step 2"),
        (2, 1, "rnn.l9", r"`layer` \(='rnn.l9'\) must be one of rnn.l0"),
    ],
)
def test_what_is_not_there_is_refused(step, token, layer, said):
    inputs, targets = indices(1)
    token = int(inputs[2]) if token is None else token
    if layer:
        token = (int(inputs[2]) + 1) % V
    with pytest.raises(CoreError, match=said):
        perturb(network(), inputs, targets, step, token, layer)
