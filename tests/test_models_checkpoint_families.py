"""Language models as public projects save them: nothing is chosen, and the logits are the same."""

import tracemalloc

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import parametrizations, prune
from torch.testing import assert_close

from core.errors import CheckpointError
from core.models import ForeignCheckpoint, load_checkpoint
from tests.checkpoint_files import saved

TOKENS, UNITS, COLUMNS = 11, 6, 4
TABLES = ("encoder", "emb", "embed", "embedding", "word_embeddings", "wte", "lookup",
          "char_encoder", "token_embedding", "decoder_emb", "input_embedding", "x")  # fmt: skip
HEADS = ("decoder", "fc", "fc1", "out", "output", "linear", "head", "proj", "lm_head", "hidden2tag",
         "output_embedding", "classifier", "dense", "logits", "h2o", "generator", "y")  # fmt: skip
PLACES = ("", "module.", "model.", "net.core.", "module.model.", "0.")
ROOTS = ((), ("state_dict",), ("model_state_dict",), ("checkpoint", "model"), ("net",))


class Family(nn.Module):
    """Embedding or one-hot vectors, recurrent layers, an output layer; under any names."""

    def __init__(self, kind, names, columns, tied, head_bias, table_last=False, **options) -> None:
        super().__init__()
        self.names, self.embedded = names, columns is not None
        recurrent = kind(columns or TOKENS, UNITS, **options)
        outputs = UNITS * (1 + options.get("bidirectional", False))
        parts = {names[1]: recurrent, names[2]: nn.Linear(outputs, TOKENS, bias=head_bias)}
        if self.embedded:
            table = {names[0]: nn.Embedding(TOKENS, columns)}
            parts = {**parts, **table} if table_last else {**table, **parts}
        for name, part in parts.items():
            self.add_module(name, part)
        for parameter in self.parameters():  # larger than usual: gates move, logits differ
            nn.init.uniform_(parameter, -0.9, 0.9)
        if tied:
            self.get_submodule(names[2]).weight = self.get_submodule(names[0]).weight

    def forward(self, indices):
        table, recurrent, head = (getattr(self, name, None) for name in self.names)
        one_hot = nn.functional.one_hot(indices, TOKENS).to(head.weight.dtype)
        return head(recurrent(table(indices) if self.embedded else one_hot)[0])


def opened(content) -> ForeignCheckpoint:
    found = load_checkpoint(content if isinstance(content, bytes) else saved(content))
    assert isinstance(found, ForeignCheckpoint)
    return found


def same_logits(model, found: ForeignCheckpoint, **asked):
    adopted = found.adopt(**asked)
    indices = torch.randint(TOKENS, (7, 2))
    theirs = model.double()(indices).detach()
    ours, _ = adopted.model(torch.float64)(indices)
    assert_close(ours[..., :TOKENS], theirs, atol=1e-9, rtol=1e-9)
    return adopted


def the_boxes_show_it(found: ForeignCheckpoint, adopted) -> None:
    group = found.groups[0]
    head, tables = found.heads_of(group)[0], found.embeddings_of(group)
    again = found.adopt(group, adopted.spec.cell, head, tables[0] if tables else "one_hot")
    assert again.digest == adopted.digest
    for other in found.heads_of(group):
        inputs = found.embeddings_of(group, other)
        assert other not in inputs
        assert all(table.rows == other.rows for table in inputs)
        assert inputs or found.takes_one_hot(group, other)


@settings(max_examples=120)
@given(
    st.sampled_from((nn.RNN, nn.GRU, nn.LSTM)),
    st.integers(1, 3),
    st.tuples(*[st.booleans()] * 5),
    st.sampled_from(("one_hot", "other", "same")),
    st.tuples(st.sampled_from(TABLES), st.sampled_from(("rnn", "lstm", "core", "r")),
              st.sampled_from(HEADS)),
    st.sampled_from(PLACES),
    st.sampled_from(ROOTS),
    st.sampled_from(("safetensors", "zip", "old")),
)  # fmt: skip
def test_whatever_the_names_sizes_and_nesting(
    kind, layers, choices, reads, names, place, roots, container
):
    bidirectional, bias, head_bias, tied, batch_first = choices
    outputs = UNITS * (1 + bidirectional)
    columns = {"one_hot": None, "other": COLUMNS, "same": outputs}[reads]
    model = Family(kind, names, columns, tied and reads == "same", head_bias, num_layers=layers,
                   bidirectional=bidirectional, bias=bias).double()  # fmt: skip
    content = {place + name: tensor for name, tensor in model.state_dict().items()}
    if container == "safetensors":
        found = opened(safetensors.torch.save({n: t.clone() for n, t in content.items()}))
    else:
        for root in reversed(roots):
            content = {root: content, "epoch": 3, "optimizer": {"state": {0: torch.ones(5, 6)}}}
        found = opened(saved(content, zipped=container == "zip"))
    asked = {"cell": "rnn_tanh"} if kind is nn.RNN else {}
    adopted = same_logits(model, found, **asked)
    the_boxes_show_it(found, adopted)
    assert any("assumed" in note for note in adopted.notes) == (reads == "one_hot")
    assert batch_first in (True, False)  # no file tells it


@pytest.mark.parametrize("names", [("emb", "rnn", "fc"), ("encoder", "lstm", "decoder"),
                                   ("x", "rnn", "out"), ("embed", "rnn", "y")])  # fmt: skip
@pytest.mark.parametrize("head_bias", [True, False])
def test_names_outweigh_the_order(names, head_bias):
    model = Family(nn.GRU, names, UNITS, False, head_bias, table_last=True).double()
    found = opened(model.state_dict())
    the_boxes_show_it(found, same_logits(model, found))


@pytest.mark.parametrize("container", ["zip", "safetensors"])
@pytest.mark.parametrize(
    ("names", "zipped", "sorted_"),
    [
        (("a", "rnn", "b"), "decided", "asked"),  # sorted, both come before the layers
        (("a", "m", "z"), "decided", "asked"),  # sorted by safetensors: nobody knows
        (("z", "m", "a"), "decided", "asked"),
        (("0", "1", "2"), "decided", "decided"),  # modules that are counted
        (("layer1", "layer2", "layer3"), "decided", "decided"),
        (("emb", "m", "z"), "silent", "silent"),
        (("a", "m", "out"), "silent", "silent"),
    ],
)
def test_where_the_order_alone_speaks_it_is_said_and_where_it_cannot_it_is_asked(
    names, zipped, sorted_, container
):
    model = Family(nn.GRU, names, UNITS, False, False).double()
    state = model.state_dict()
    if container == "zip":
        found, wanted = opened(saved(state, zipped=True)), zipped
    else:
        found, wanted = opened(safetensors.torch.save(dict(state))), sorted_
    group = found.groups[0]
    offered = found.heads_of(group)
    if wanted != "silent":  # both are offered, each with the other
        assert sorted(head.prefix for head in offered) == sorted((f"{names[0]}.", f"{names[2]}."))
        assert found.doubt(group, offered[0], found.embeddings_of(group)[0])
    if wanted == "asked":
        with pytest.raises(CheckpointError, match="`head` and `embedding` must be given"):
            found.adopt()
        same_logits(model, found, head=names[2], embedding=names[0])
        return
    adopted = same_logits(model, found)
    the_boxes_show_it(found, adopted)
    assert any("their order in the file" in note for note in adopted.notes) == (wanted == "decided")


def test_safetensors_without_the_shared_weight(tmp_path):
    model = Family(nn.LSTM, ("encoder", "rnn", "decoder"), UNITS, True, True).double()
    safetensors.torch.save_model(model, tmp_path / "model.safetensors")
    same_logits(model, opened((tmp_path / "model.safetensors").read_bytes()))
    state = {n: t for n, t in model.state_dict().items() if n != "decoder.weight"}
    found = opened(state)
    the_boxes_show_it(found, same_logits(model, found))


class Stepped(nn.Module):
    """A stack of cells, called step by step."""

    def __init__(self, kind, layers) -> None:
        super().__init__()
        self.emb = nn.Embedding(TOKENS, UNITS)
        self.cells = nn.ModuleList(kind(UNITS, UNITS) for _ in range(layers))
        self.out = nn.Linear(UNITS, TOKENS)

    def forward(self, indices):
        states = [None] * len(self.cells)
        guesses = []
        for row in indices:
            x = self.emb(row)
            for level, cell in enumerate(self.cells):
                states[level] = cell(x, states[level])
                x = states[level][0] if isinstance(cell, nn.LSTMCell) else states[level]
            guesses.append(self.out(x))
        return torch.stack(guesses)


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("kind", [nn.LSTMCell, nn.GRUCell, nn.RNNCell])
def test_cells_are_layers(kind, layers):
    model = Stepped(kind, layers).double()
    adopted = same_logits(
        model, opened(model.state_dict()), cell="rnn_tanh" if kind is nn.RNNCell else None
    )
    assert adopted.spec.num_layers == layers
    assert any("Cell" in note for note in adopted.notes)
    assert any("stack" in note for note in adopted.notes) == (layers > 1)


class Listed(nn.Module):
    """Modules of one layer in a list, or numbered by hand."""

    def __init__(self, by_hand: bool, bidirectional: bool) -> None:
        super().__init__()
        outputs = UNITS * (1 + bidirectional)
        self.emb = nn.Embedding(TOKENS, COLUMNS)
        layers = [nn.LSTM(COLUMNS, UNITS, bidirectional=bidirectional),
                  nn.LSTM(outputs, UNITS, bidirectional=bidirectional)]  # fmt: skip
        if by_hand:
            self.lstm1, self.lstm2 = layers
        else:
            self.rnns = nn.ModuleList(layers)
        self.layers = (layers,)  # in a tuple, so that it is no second name
        self.fc = nn.Linear(outputs, TOKENS)

    def forward(self, indices):
        x = self.emb(indices)
        for layer in self.layers[0]:
            x, _ = layer(x)
        return self.fc(x)


@pytest.mark.parametrize("by_hand", [True, False])
@pytest.mark.parametrize("bidirectional", [True, False])
def test_a_list_of_layers_is_a_stack(by_hand, bidirectional):
    model = Listed(by_hand, bidirectional).double()
    adopted = same_logits(model, opened(model.state_dict()))
    assert adopted.spec.num_layers == 2


def test_numbered_networks_with_outputs_of_their_own_are_no_stack():
    one = Family(nn.GRU, ("emb", "rnn", "fc"), UNITS, False, True)
    nets = nn.ModuleDict(
        {"nets": nn.ModuleList([one, Family(nn.GRU, one.names, UNITS, False, True)])}
    )
    found = opened(nets.state_dict())
    assert [group.prefix for group in found.groups] == ["nets.0.rnn.", "nets.1.rnn."]
    with pytest.raises(CheckpointError, match=r"`group`.* nets.0.rnn, nets.1.rnn"):
        found.adopt()
    for name, net in (("nets.0.rnn", nets.nets[0]), ("1.rnn", nets.nets[1])):
        adopted = same_logits(net, found, group=name)
        assert any("another network" in note for note in adopted.notes)


def test_layers_of_different_sizes_are_named():
    parts = {"emb": nn.Embedding(TOKENS, 4), "lstm1": nn.LSTM(4, 9), "lstm2": nn.LSTM(9, 5),
             "fc": nn.Linear(5, TOKENS)}  # fmt: skip
    with pytest.raises(CheckpointError, match="stack whose layers differ in size"):
        opened(nn.ModuleDict(parts).state_dict()).adopt()


def reparametrised(how: str) -> nn.Module:
    model = Family(nn.LSTM, ("emb", "rnn", "fc"), COLUMNS, False, True).double()
    layer, name = model.rnn, "weight_hh_l0"
    match how:
        case "weight_norm":
            parametrizations.weight_norm(layer, name)
            parametrizations.weight_norm(model.fc, dim=1)
        case "old weight_norm":
            for each, what in ((layer, name), (model.fc, "weight")):
                with pytest.warns(FutureWarning):
                    nn.utils.weight_norm(each, what)
        case "spectral_norm":
            parametrizations.spectral_norm(model.fc)
        case "old spectral_norm":
            nn.utils.spectral_norm(model.fc)
        case "pruned":
            prune.l1_unstructured(layer, name, 0.4)
            prune.random_unstructured(model.fc, "weight", 0.3)
    model.eval()
    model(torch.zeros(2, 1, dtype=torch.int64))
    return model


@pytest.mark.parametrize(
    "how", ["weight_norm", "old weight_norm", "spectral_norm", "old spectral_norm", "pruned"]
)
def test_weights_in_parts_are_put_together(how):
    model = reparametrised(how)
    found = opened(model.state_dict())
    assert found.ignored == ()
    adopted = same_logits(model, found)
    assert any("computed from the parts" in note for note in adopted.notes)


@pytest.mark.parametrize("within", [True, False], ids=["awd", "fastai"])
def test_the_raw_weight_of_a_weight_dropped_layer_is_the_one(within):
    model = Family(nn.LSTM, ("emb", "rnn", "fc"), COLUMNS, False, True).double()
    state = {}
    for name, tensor in model.state_dict().items():
        if name == "rnn.weight_hh_l0":
            state[f"rnn.{'module.' * within}weight_hh_l0_raw"] = tensor
            if not within:  # what dropout left behind
                state["rnn.module.weight_hh_l0"] = tensor * 0
        else:
            state[name.replace("rnn.", "rnn.module.")] = tensor
    adopted = same_logits(model, opened(state))
    assert any("dropout" in note for note in adopted.notes)


def test_a_parametrisation_that_no_file_tells_is_named():
    model = Family(nn.LSTM, ("emb", "rnn", "fc"), COLUMNS, False, True)
    parametrizations.orthogonal(model.rnn, "weight_hh_l0")
    with pytest.raises(CheckpointError, match=r"rnn' has parametrised weights .*weight_hh_l0"):
        opened(model.state_dict())
    model = Family(nn.LSTM, ("emb", "rnn", "fc"), COLUMNS, False, True)
    parametrizations.orthogonal(model.fc)
    with pytest.raises(CheckpointError, match="parametrizations"):
        opened(model.state_dict()).adopt()


def convolution():
    return nn.Conv1d(COLUMNS, COLUMNS, 3)


BETWEEN = {
    "norm": lambda: nn.LayerNorm(UNITS),
    "bn": lambda: nn.BatchNorm1d(UNITS),
    "rms": lambda: nn.RMSNorm(UNITS),
    "hidden": lambda: nn.Linear(UNITS, UNITS),
    "project": lambda: nn.Linear(UNITS, 3),
    "conv": convolution,
    "attention": lambda: nn.MultiheadAttention(UNITS, 2),
    "attn": lambda: nn.Linear(UNITS, 1),
    "positions": lambda: nn.Embedding(50, COLUMNS),
    "act": nn.PReLU,
    "gate": lambda: nn.Bilinear(2, 3, 4),
    "h0": lambda: nn.ParameterList([torch.ones(1, 1, UNITS)]),
}


@pytest.mark.parametrize("name", BETWEEN)
@pytest.mark.parametrize("place", ["", "module."])
def test_what_stands_between_is_refused_by_name(name, place):
    model = Family(nn.GRU, ("emb", "rnn", "fc"), COLUMNS, False, True)
    model.add_module(name, BETWEEN[name]())
    state = {place + key: tensor for key, tensor in model.state_dict().items()}
    found = opened(state)
    with pytest.raises(CheckpointError, match=rf"holds {place}{name}.*another network"):
        found.adopt()
    assert any(name in each for each in found.ignored) or name in ("hidden", "project", "positions",
                                                                   "attn")  # fmt: skip
    head = found.adopt(head=f"{place}fc")  # asked for, it is said
    assert any(f"{place}{name}" in note for note in head.notes)


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        ({"criterion.weight": torch.ones(TOKENS)}, "part of a loss"),
        ({"value_head.weight": torch.rand(2, UNITS), "value_head.bias": torch.rand(2)},
         "a second output"),
        ({"steps": torch.tensor(3.0)}, "a counter"),
        ({"rnn.init_h": torch.zeros(1, 1, UNITS)}, "a state of zeros"),
        ({"optimizer.0.exp_avg": torch.rand(TOKENS, UNITS)}, "of an optimiser"),
        ({"ema_norm.weight": torch.rand(UNITS)}, "a copy"),
    ],
)  # fmt: skip
def test_what_does_not_change_the_output_is_noted(extra, why):
    model = Family(nn.GRU, ("emb", "rnn", "fc"), COLUMNS, False, True).double()
    adopted = same_logits(model, opened({**model.state_dict(), **extra}))
    name = next(iter(extra)).rpartition(".")[0] or next(iter(extra))
    assert any(name in note and why in note for note in adopted.notes)


def test_averaged_copies_and_second_names_are_not_asked_about():
    model = Family(nn.GRU, ("emb", "rnn", "fc"), COLUMNS, False, True).double()
    copy = {name: tensor + 1 for name, tensor in model.state_dict().items()}
    for content in (
        {"ema": copy, "model": model.state_dict()},
        {"model": model.state_dict(), "model_ema": copy},
        {**{f"ema.{n}": t for n, t in copy.items()}, **model.state_dict()},
        {"lstm." + n.removeprefix("rnn."): t for n, t in model.state_dict().items()
         if n.startswith("rnn.")} | model.state_dict(),
    ):  # fmt: skip
        same_logits(model, opened(content))


def test_pairs_of_many_candidates_are_never_built():
    tables = {f"a{i}.weight": torch.zeros(2, 3) + i for i in range(1_200)}
    heads = {f"b{i}.weight": torch.zeros(2, 4) - i for i in range(1_200)}
    rnn = {f"rnn.{name}": tensor for name, tensor in nn.GRU(3, 4).state_dict().items()}
    found = opened({**tables, **rnn, **heads})
    tracemalloc.start()
    with pytest.raises(CheckpointError, match=r"more than one choice fits: .* and 1,439,996 more"):
        found.adopt()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000
