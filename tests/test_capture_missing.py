"""What did not run, or was not recorded: the true reason, and nothing of ours left anywhere."""

import copy
import io
import pickle
import threading
import warnings

import pytest
import torch
from torch import nn
from torch.nn.modules import module as module_hooks
from torch.testing import assert_close
from torch.utils.checkpoint import checkpoint

from core import CaptureError, capture
from core.analysis import gradient_norms, judge

KINDS = (nn.RNN, nn.GRU, nn.LSTM, nn.RNNCell, nn.GRUCell, nn.LSTMCell)
EXACT = {"rtol": 1e-10, "atol": 1e-13}


class Model(nn.Module):
    """A recurrent module of any kind and a head, either of which can be left out."""

    def __init__(self, kind=nn.GRU, how="called"):
        super().__init__()
        self.rnn, self.head, self.how = kind(3, 4), nn.Linear(4, 2), how

    def forward(self, x):
        if self.how == "left out":
            return self.head(torch.ones(4))
        out = self.rnn.forward(x) if self.how == "forward" else self.rnn(x)
        return self.head(out[0] if isinstance(out, tuple) else out)


def name_of(kind):
    return "rnn" if issubclass(kind, nn.RNNCellBase) else "rnn.l0"


def hooks_left():
    return {
        name: list(value)
        for name, value in vars(module_hooks).items()
        if name.startswith("_global_") and hasattr(value, "__len__") and len(value)
    }


@pytest.fixture(autouse=True)
def nothing_is_left():
    forwards, asked = [vars(kind)["forward"] for kind in KINDS], module_hooks._has_any_global_hook
    yield
    assert hooks_left() == {}
    assert [vars(kind)["forward"] for kind in KINDS] == forwards
    assert module_hooks._has_any_global_hook is asked


def reason(tape, name):
    with pytest.raises(CaptureError) as found:
        _ = tape[name]
    assert name in str(found.value)
    assert tape.missing[name] in (str(found.value), *tape.refused.values())
    assert tape.missing[name] in repr(tape)
    assert name not in tape
    return str(found.value)


@pytest.mark.parametrize("kind", KINDS)
def test_forward_used_directly_is_the_reason_wherever_it_is_used(kind):
    model, x = Model(kind, "forward"), torch.ones(2, 3)
    with capture(model) as tape:
        model(x)
        assert "forward" in reason(tape, name_of(kind))
    assert "forward" in reason(tape, name_of(kind))
    module = kind(3, 4)
    with capture(module) as tape, torch.no_grad():
        module.forward(x)
    assert ".forward(...)` was used" in reason(tape, "l0")
    assert "forward" not in reason_when_nothing_ran(kind)


def reason_when_nothing_ran(kind):
    with capture(kind(3, 4)) as tape:
        pass
    return reason(tape, "l0")


@pytest.mark.parametrize("kind", KINDS)
def test_other_reasons_are_told_apart(kind):
    name, x = name_of(kind), torch.ones(2, 3)
    model = Model(kind, "left out")
    with capture(model) as tape:
        model(x)
    assert "other parts of the model ran" in reason(tape, name)
    model = Model(kind)
    with capture(model) as tape:
        other = threading.Thread(target=lambda: model(x))
        other.start()
        other.join()
    assert "another thread" in reason(tape, name)
    with capture(model) as tape:
        copy.deepcopy(model)(x)
    assert f"another module ran ({kind.__name__})" in reason(tape, name)
    with capture(model) as tape:
        pass
    assert "nothing called the model" in reason(tape, name)


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")  # TorchDynamo's
@pytest.mark.parametrize("way", ["wrapped", "in place", "before"])
def test_compiled_cells_are_named_and_compiled_layers_recorded(way):
    x = torch.ones(2, 3)
    for kind in (nn.GRUCell, nn.GRU):
        torch._dynamo.reset()
        model = Model(kind)
        plain = model(x)
        called = model
        if way == "in place":
            model.compile(backend="eager")
        else:
            called = torch.compile(model, backend="eager")
        if way == "before":
            called(x)
        with capture(model) as tape:
            assert_close(called(x), plain)
        if kind is nn.GRUCell:
            assert "torch.compile" in reason(tape, "rnn")
        else:
            assert len(tape.layers) == 1
            assert tape["rnn"].hidden.shape == (2, 1, 4)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_scripts_and_traces_of_the_model_work_inside_and_are_named(kind):
    model, x = nn.Sequential(kind(3, 4)), torch.ones(2, 3)
    plain = model(x)
    with capture(model) as tape:
        scripted = torch.jit.script(model)
        assert_close(scripted(x), plain)
    assert "TorchScript" in reason(tape, "0" if name_of(kind) == "rnn" else "0.l0")
    with capture(model) as tape:
        traced = torch.jit.trace(model, x, check_trace=False)
    assert "torch.jit.trace" in reason(tape, "0" if name_of(kind) == "rnn" else "0.l0")
    assert_close(traced(x), plain)


@pytest.mark.parametrize("kind", KINDS)
def test_copies_and_files_made_inside_have_nothing_of_ours(kind):
    model = Model(kind)
    with capture(model, also=["head"]) as tape:
        file = io.BytesIO()
        torch.save(model, file)
        pickled = pickle.dumps(model)
        copies = [copy.copy(model), copy.deepcopy(model), pickle.loads(pickled)]
        copies.append(torch.load(io.BytesIO(file.getvalue()), weights_only=False))
        for each in copies[1:]:
            each(torch.ones(2, 3))
    assert b"core.capture" not in file.getvalue() + pickled
    assert not tape.layers
    assert tape.also["head"] == []
    for each in copies:
        for part in each.modules():
            assert not any(value for key, value in vars(part).items() if "hook" in key)


class Own(nn.GRU):
    def forward(self, input, hx=None):
        return super().forward(input, hx)


class Three(nn.Module):
    """One recurrent module that is not recorded between two that are."""

    def __init__(self, refused):
        super().__init__()
        self.first, self.odd, self.last = nn.GRU(3, 4), refused, nn.LSTMCell(4, 5)

    def forward(self, x):
        hidden, _ = self.first(x)
        if isinstance(self.odd, nn.RNNCellBase):
            hidden = self.odd(hidden[-1])
        else:
            with torch.autocast("cpu", torch.bfloat16, enabled=type(self.odd) is nn.RNN):
                hidden = self.odd(hidden)[0][-1].float()
        return self.last(hidden)[0]


def parametrised():
    cell = nn.GRUCell(4, 4)
    nn.utils.parametrizations.spectral_norm(cell, "weight_hh")
    return cell


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: Own(4, 4), "forward of its own"),
        (lambda: nn.RNN(4, 4), "autocast"),
        (parametrised, "parametrised"),
    ],
)
def test_one_refused_module_does_not_refuse_the_others(make, word):
    model = Three(make())
    with capture(model) as tape:
        model(torch.ones(5, 2, 3)).sum().backward()
    assert [trace.name for trace in tape.layers] == ["first.l0", "last"]
    assert_close(tape["first"].grad_weight_hh, model.first.weight_hh_l0.grad, rtol=1e-4, atol=1e-6)
    (name,) = tape.refused
    assert word in tape.refused[name]
    assert word in tape.missing[name]
    with pytest.raises(CaptureError, match=word):
        _ = tape[name]
    with pytest.raises(CaptureError, match=word):
        tape.joined(name)


@pytest.mark.parametrize("reentrant", [False, True])
def test_reentrant_checkpointing_is_named(reentrant):
    model = Model(nn.GRU).double()
    x = torch.ones(5, 2, 3, dtype=torch.float64, requires_grad=True)
    with capture(model) as tape:
        checkpoint(model, x, use_reentrant=reentrant).sum().backward()
    assert tape["rnn"].hidden.shape == (5, 2, 4)
    if not reentrant:
        assert_close(tape["rnn"].grad_weight_hh, model.rnn.weight_hh_l0.grad, **EXACT)
        return
    with pytest.raises(CaptureError, match="use_reentrant=False"):
        _ = tape["rnn"].grad_hidden


def test_a_module_of_one_layer_answers_to_its_own_name_and_several_say_what_there_is():
    model = nn.ModuleDict({"one": nn.GRU(3, 4), "two": nn.LSTM(3, 4, 2, bidirectional=True)})
    x = torch.ones(5, 2, 3)
    with capture(model) as tape:
        for part in model.values():
            part(x)[0].sum().backward()
    assert tape["one"] is tape["one", 0] is tape["one.l0"]
    assert "one" in tape
    assert "two" not in tape
    with pytest.raises(CaptureError, match=r"4 layers and directions.*\"two.l1_reverse\""):
        _ = tape["two"]


def test_several_models_are_named_as_in_a_list_or_dictionary():
    encoder, decoder = nn.GRU(3, 4), nn.Sequential(nn.GRU(3, 4))
    x = torch.ones(5, 2, 3)
    for model, names in (
        ([encoder, decoder], ["0.l0", "1.0.l0"]),
        ((encoder, decoder), ["0.l0", "1.0.l0"]),
        (iter([encoder, decoder]), ["0.l0", "1.0.l0"]),
        (nn.ModuleList([encoder, decoder]), ["0.l0", "1.0.l0"]),
        ({"encoder": encoder, "decoder": decoder}, ["encoder.l0", "decoder.0.l0"]),
    ):
        with capture(model) as tape:
            _, state = encoder(x)
            decoder[0](x, state)[0].sum().backward()
        assert list(tape.names) == names
        assert tape[names[0]].grad_hidden.any()
    with capture({"decoder": decoder}, also=["decoder"]) as tape:
        decoder(x)
    assert len(tape.also["decoder"]) == 1
    for wrong in ([], [encoder, 3], "lstm", 5, {}):
        with pytest.raises(CaptureError, match="a list or dictionary of them"), capture(wrong):
            pass


def test_gradients_of_other_modules_have_norms_and_a_verdict():
    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, self.mix = nn.GRU(3, 4, batch_first=True), nn.Linear(4, 4)

        def forward(self, x):
            return self.mix(self.rnn(x)[0])

    model = Head().double()
    x = torch.randn(2, 9, 3, generator=torch.Generator().manual_seed(0)).double()
    with capture(model, also=["mix", "rnn"]) as tape:
        out = model(x)
        out.retain_grad()
        (0.5 ** torch.arange(9.0).double().flip(0) @ out[0].sum(-1) + out[1, -1].sum()).backward()
    norms = gradient_norms(tape.also["mix"][0], batch_first=True)
    assert_close(norms.log10[:, 0], out.grad[0].norm(dim=-1).log10())
    assert_close(judge(norms).factor, 0.5)
    assert judge(norms, 1).word == "undecided"
    first = gradient_norms(tape.also["rnn"][0], batch_first=True)
    wanted = gradient_norms(tape["rnn"]).log10[-1]
    assert_close(first.log10[-1], wanted)
    with capture(model, also=["mix"]) as tape, torch.no_grad():
        model(x)
    with pytest.raises(CaptureError, match="No gradient has arrived"):
        gradient_norms(tape.also["mix"][0])


def test_a_module_called_once_a_step_gives_norms_over_its_calls():
    cell, head = nn.GRUCell(3, 4).double(), nn.Linear(4, 2).double()
    with capture([cell, head], also=["1"]) as tape:
        state, outputs = None, []
        for x in torch.ones(6, 2, 3).double():
            state = cell(x, state)
            outputs.append(head(state))
            outputs[-1].retain_grad()
        sum(2.0**t * out.sum() for t, out in enumerate(outputs)).backward()
    assert_close(judge(gradient_norms(tape.also["1"])).factor, 0.5)
    with pytest.raises(CaptureError, match="not one a step"):
        gradient_norms([])


def test_warnings_of_compiled_modules_do_not_speak_of_our_hooks():
    torch._dynamo.reset()
    model = Model(nn.GRU)
    compiled = torch.compile(model, backend="eager")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with torch.no_grad(), capture(model):
            compiled(torch.ones(2, 3))
