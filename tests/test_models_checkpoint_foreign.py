"""Files that others wrote with PyTorch become networks of ours with the same logits."""

from collections import OrderedDict

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from core.errors import CheckpointError, CoreError
from core.models import (
    Checkpoint,
    ForeignCheckpoint,
    LargeSpec,
    ModelSpec,
    SequenceModel,
    dump_checkpoint,
    load_checkpoint,
)
from core.models.checkpoints import Matrix, RecurrentGroup
from core.text import Vocabulary
from tests.checkpoint_files import saved

# Pairwise different, so that no two sizes can be taken for each other unseen.
TIME, BATCH, TOKENS, COLUMNS, UNITS = 6, 3, 13, 4, 5


class Stranger(nn.Module):
    """A language model as people write them."""

    def __init__(self, kind=nn.LSTM, embedded=True, head_bias=True, tokens=TOKENS,
                 columns=COLUMNS, units=UNITS, **options) -> None:  # fmt: skip
        super().__init__()
        self.tokens = tokens
        self.emb = nn.Embedding(tokens, columns) if embedded else None
        self.rnn = kind(columns if embedded else tokens, units, **options)
        outputs = units * (1 + self.rnn.bidirectional)
        self.fc = nn.Linear(outputs, tokens, bias=head_bias)
        for parameter in self.parameters():  # larger than usual: gates move, logits differ
            nn.init.uniform_(parameter, -0.9, 0.9)

    def forward(self, indices):
        if self.emb is not None:
            return self.fc(self.rnn(self.emb(indices))[0])
        one_hot = nn.functional.one_hot(indices, self.tokens)
        return self.fc(self.rnn(one_hot.to(self.fc.weight.dtype))[0])


def opened(content) -> ForeignCheckpoint:
    found = load_checkpoint(content if isinstance(content, bytes) else saved(content))
    assert isinstance(found, ForeignCheckpoint)
    return found


def same_logits(stranger: nn.Module, adopted: Checkpoint, dtype=torch.float64) -> None:
    """The file's token i is ours of the same index, `<unk>` comes last and is never guessed."""
    indices = torch.randint(TOKENS, (TIME, BATCH))
    theirs = stranger.to(dtype)(indices)
    ours, _ = adopted.model(dtype)(indices)
    assert ours.shape == (TIME, BATCH, TOKENS + 1)
    assert_close(ours[..., :TOKENS], theirs)
    assert_close(ours.softmax(-1)[..., :TOKENS], theirs.softmax(-1))
    assert (ours[..., TOKENS] <= theirs.amin(-1) - 40 + 1e-5).all()


@settings(max_examples=40)
@given(
    st.sampled_from((nn.RNN, nn.GRU, nn.LSTM)),
    st.sampled_from(("tanh", "relu")),
    st.integers(1, 4),
    st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()),
    st.sampled_from(("", "module.", "net.core.")),
    st.sampled_from(("bare", "zip", "old")),
    st.sampled_from((torch.float32, torch.float64)),
)
def test_any_stock_network_gives_the_same_logits(
    kind, nonlinearity, layers, choices, prefix, container, dtype
):
    bidirectional, bias, embedded, head_bias = choices
    options = {"nonlinearity": nonlinearity} if kind is nn.RNN else {}
    stranger = Stranger(kind, embedded, head_bias, num_layers=layers, bias=bias,
                        bidirectional=bidirectional, **options).to(dtype)  # fmt: skip
    state = {prefix + name: tensor for name, tensor in stranger.state_dict().items()}
    if container == "bare":
        found = opened(safetensors.torch.save(state))
    else:
        found = opened(saved(state, zipped=container == "zip"))
    cells = {nn.RNN: ("rnn_tanh", "rnn_relu"), nn.GRU: ("gru",), nn.LSTM: ("lstm",)}[kind]
    inputs = COLUMNS if embedded else TOKENS
    assert found.groups == (
        RecurrentGroup(f"{prefix}rnn.", cells, UNITS, inputs, layers, bidirectional, bias),
    )
    assert found.ignored == ()
    cell = f"rnn_{nonlinearity}" if kind is nn.RNN else None
    adopted = found.adopt(cell=cell)
    assert adopted.spec.parameter_count == sum(w.numel() for w in adopted.weights.values())
    assert {w.dtype for w in adopted.weights.values()} == {dtype}
    same_logits(stranger, adopted, dtype)
    again = load_checkpoint(dump_checkpoint(adopted))
    assert again.digest == adopted.digest
    assert again.notes == adopted.notes
    assert any("recurrent layers have no biases" in note for note in adopted.notes) != bias
    assert any("head has no bias" in note for note in adopted.notes) != head_bias


def nested_forms():
    stranger = Stranger()
    state = stranger.state_dict()
    optimiser = torch.optim.Adam(stranger.parameters())
    stranger(torch.zeros(2, 1, dtype=torch.int64)).sum().backward()
    optimiser.step()
    yield "state_dict", {"epoch": 3, "state_dict": state, "loss": 0.5, "args": {"lr": [1e-3]}}
    yield "model", {"model": dict(state), "optimizer": optimiser.state_dict(), "rng": None}
    yield "model_state_dict", OrderedDict(model_state_dict=state, vocab=["a", "b"], best=(1, 2.0))
    yield "a.b.c", {"a": {"b": {"c": state}}}


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "old"])
@pytest.mark.parametrize(
    ("place", "content"), tuple(nested_forms()), ids=lambda value: str(value)[:16]
)
def test_a_state_dict_is_found_inside_other_dicts(place, content, zipped):
    found = opened(saved(content, zipped=zipped))
    assert [group.prefix for group in found.groups] == [f"{place}.rnn."]
    assert found.heads_of(found.groups[0]) == (Matrix(f"{place}.fc.", TOKENS, UNITS, True),)
    assert found.embeddings_of(found.groups[0]) == (
        Matrix(f"{place}.emb.", TOKENS, COLUMNS, False),
    )
    assert found.adopt().spec.cell == "lstm"


def test_parameters_and_ties_and_half_precision_are_read():
    stranger = Stranger(nn.GRU, columns=UNITS).half().float()
    stranger.fc.weight = stranger.emb.weight
    same_logits(stranger, opened(dict(stranger.named_parameters(remove_duplicate=False))).adopt())
    same_logits(stranger, opened(stranger.state_dict()).adopt())
    half = {name: tensor.half() for name, tensor in stranger.float().state_dict().items()}
    for data in (saved(half), saved(half, zipped=False), safetensors.torch.save(
        {name: tensor.clone() for name, tensor in half.items()})):  # fmt: skip
        adopted = opened(data).adopt()
        assert adopted.weights["head.weight"].dtype == torch.float32
        same_logits(stranger, adopted)


def test_our_own_state_dict_is_a_stranger_that_fits():
    spec = ModelSpec(cell="lstm", vocabulary_size=TOKENS, hidden_size=UNITS)
    model = SequenceModel(spec)
    words = Vocabulary.from_tokens("abcdefghijkl")
    adopted = opened(model.state_dict()).adopt(vocabulary=words, scheme="letters")
    assert adopted.spec == spec
    assert (adopted.vocabulary, adopted.scheme, adopted.notes) == (words, "letters", ())
    for name, tensor in model.state_dict().items():
        assert torch.equal(adopted.weights[name], tensor)


@pytest.mark.parametrize("embedded", [True, False])
@pytest.mark.parametrize("unknown", [True, False])
def test_tokens_in_any_order_keep_their_rows(embedded, unknown):
    stranger = Stranger(nn.GRU, embedded).double()
    names = ["<unk>" if unknown else "q", *"zyxabcéÄ ", "\n", "👩‍🚀", "<pad>"]
    adopted = opened(stranger.state_dict()).adopt(vocabulary=names, scheme="graphemes")
    assert len(adopted.vocabulary) == TOKENS + (not unknown)
    theirs = torch.randint(TOKENS, (TIME, BATCH))
    place = torch.tensor([adopted.vocabulary.encode([name])[0] for name in names])
    assert adopted.vocabulary.decode(place.tolist()) == names
    ours, _ = adopted.model(torch.float64)(place[theirs])
    assert_close(ours[..., place], stranger(theirs))
    assert any("<unk> was added" in note for note in adopted.notes) != unknown
    if not unknown:  # it is read as nothing
        added = adopted.vocabulary.unknown
        w = adopted.weights
        read = w["embedding.weight"][added] if embedded else w["rnn.weight_ih_l0"][:, added]
        assert not read.any()


@pytest.mark.parametrize("tokens", [7, 10, 11, 100, 101])
def test_generic_tokens_stay_at_their_index(tokens):
    adopted = opened(Stranger(nn.GRU, tokens=tokens).state_dict()).adopt()
    names = adopted.vocabulary.tokens
    assert names[-1] == "<unk>"
    assert [int(name.removeprefix("#")) for name in names[:-1]] == list(range(tokens))
    assert f"{names[0]} to {names[-2]}" in adopted.notes[0]


@pytest.mark.parametrize(
    ("vocabulary", "sentence"),
    [
        (Vocabulary.from_tokens("ab"), "`vocabulary` .of 3 tokens.* must have the 13 tokens"),
        (Vocabulary.from_tokens("abcdefghijklm"), "`vocabulary` .of 14 tokens"),
        (["a", "b"], "`vocabulary` .of 2 tokens."),
        (["a"] * TOKENS, "holds a, a, a, a and 8 more more than once"),
        ([1] * TOKENS, "must be a sequence of texts"),
        ("abcdefghijklm", "must be a sequence of texts"),
    ],
)
def test_tokens_that_do_not_fit_are_refused(vocabulary, sentence):
    with pytest.raises(CheckpointError, match=sentence):
        opened(Stranger().state_dict()).adopt(vocabulary=vocabulary)


class Pair(nn.Module):
    """Two recurrent modules, two heads: nothing can be guessed."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.GRU(TOKENS, UNITS), nn.RNN(COLUMNS, UNITS)
        self.emb = nn.Embedding(TOKENS, COLUMNS)
        self.fc, self.other = nn.Linear(UNITS, TOKENS), nn.Linear(UNITS, TOKENS)
        self.norm, self.deep = nn.BatchNorm1d(UNITS), nn.Linear(99, 98)


def test_where_more_than_one_choice_fits_it_is_asked():
    pair = Pair()
    found = opened(pair.state_dict())
    assert [group.prefix for group in found.groups] == ["encoder.", "decoder."]
    assert set(found.ignored) == {
        *("norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"),
        *("norm.num_batches_tracked", "deep.weight", "deep.bias"),
    }
    for asked, sentence in (
        ({}, "`group` .=None. must be one of the 2 .*encoder, decoder"),
        ({"group": "middle"}, "`group` .='middle'. must be one of .*encoder, decoder"),
        ({"group": "decoder"}, "`cell` must be given: .* rnn_tanh or rnn_relu"),
        ({"group": "decoder", "cell": "gru"}, "`cell` .='gru'. must be rnn_tanh or rnn_relu"),
        ({"group": "encoder"}, "`head` and `embedding` must be given.*fc .* with one_hot, other"),
        ({"group": "encoder", "head": "deep"}, "`head` .='deep'. must be one of fc .13, 5., other"),
        ({"group": "encoder", "embedding": "emb"}, "`embedding` .='emb'. must be one of nothing"),
        ({"group": "decoder", "cell": "rnn_relu", "head": "fc", "embedding": "one_hot"},
         "holds no input for decoder: it reads 4 numbers"),
    ):  # fmt: skip
        with pytest.raises(CheckpointError, match=sentence):
            found.adopt(**asked)
    indices = torch.randint(TOKENS, (TIME, BATCH))
    adopted = found.adopt(
        group="decoder.", cell="rnn_tanh", head="other", embedding=found.matrices[0]
    )
    theirs = pair.other(pair.decoder(pair.emb(indices))[0])
    assert_close(adopted.model()(indices)[0][..., :TOKENS], theirs)
    adopted = found.adopt(group=found.groups[0], head=found.heads_of(found.groups[0])[0])
    one_hot = nn.functional.one_hot(indices, TOKENS).float()
    assert_close(adopted.model()(indices)[0][..., :TOKENS], pair.fc(pair.encoder(one_hot)[0]))


def test_head_and_embedding_of_one_shape_are_told_by_the_bias_or_the_name():
    stranger = Stranger(nn.GRU, columns=UNITS)
    same_logits(stranger, opened(stranger.state_dict()).adopt())
    unnamed = Stranger(nn.GRU, columns=UNITS, head_bias=False)
    same_logits(unnamed, opened(unnamed.state_dict()).adopt())
    state = {
        name.replace("emb", "a").replace("fc", "b"): tensor
        for name, tensor in unnamed.state_dict().items()
    }
    same_logits(unnamed, opened(state).adopt())  # by the order in the file alone
    places = sorted(state, key=lambda name: not name.startswith("b"))
    state = {name: state[name] for name in places}  # both before the layers
    with pytest.raises(CheckpointError, match="`head` and `embedding` must be given"):
        opened(state).adopt()
    same_logits(unnamed, opened(state).adopt(embedding="a", head="b"))


@pytest.mark.parametrize(("table", "bias"), [("table", True), ("emb", False)])
def test_only_likely_pairs_are_offered(table, bias):
    other = nn.Linear(UNITS, TOKENS, bias=bias).state_dict()
    state = Stranger(nn.GRU, columns=UNITS, head_bias=bias).state_dict()
    state = {name.replace("emb", table): tensor for name, tensor in state.items()}
    state |= {f"other.{name}": tensor for name, tensor in other.items()}
    shape = r"\(13, 5\)"
    offered = rf"fits: fc {shape} with {table} {shape}, other {shape} with {table} {shape}\.$"
    with pytest.raises(CheckpointError, match=offered):
        opened(state).adopt()


def without(*names: str, **changes) -> dict[str, torch.Tensor]:
    """A state dict with some parameters absent or replaced."""
    state = {**Stranger(nn.GRU, num_layers=2, bidirectional=True).state_dict(), **changes}
    return {name: tensor for name, tensor in state.items() if name not in names}


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({}, "0 tensors of floats .nothing. and no recurrent layer"),
        (nn.Linear(3, 2).state_dict(), r"2 tensors of floats \(weight \(2, 3\), bias \(2,\)\)"),
        (nn.TransformerEncoderLayer(4, 2).state_dict(), "and 8 more. and no recurrent layer"),
        ({"n": torch.zeros(3, dtype=torch.int64)}, "0 tensors of floats"),
        (nn.LSTM(3, 4, proj_size=2).state_dict(), "the outermost level has a projection"),
        (without("rnn.weight_hh_l0"), "'rnn' lacks weight_ih_l0 or weight_hh_l0"),
        (without("rnn.weight_ih_l1"), "but lacks weight_ih_l1"),
        (without("rnn.bias_hh_l1_reverse"), "but lacks bias_hh_l1_reverse"),
        (without(**{"rnn.weight_hh_l0": torch.zeros(10, 5)}), "rows are not 1, 3 or 4 times"),
        (without(**{"rnn.weight_hh_l0": torch.zeros(15)}), "matrices both"),
        (without(**{"rnn.weight_hh_l1": torch.zeros(15, 6)}), r"weight_hh_l1 of shape \(15, 6\)"),
        (without(**{"rnn.weight_ih_l1": torch.zeros(15, 5)}), r"shape \(15, 5\), not \(15, 10\)"),
        (without(**{"rnn.bias_ih_l0": torch.zeros(14)}), r"bias_ih_l0 of shape \(14,\)"),
        (without(**{"rnn.weight_ih_l99": torch.zeros(15, 10)}), "weight_ih_l2, .* and 779 more"),
    ],
)  # fmt: skip
def test_what_is_no_recurrent_network_is_refused(state, sentence):
    with pytest.raises(CheckpointError, match=sentence) as refused:
        opened(state)
    assert str(refused.value).endswith(".")


def test_an_incomplete_module_does_not_stand_in_the_way_of_a_whole_one():
    state = {**Stranger().state_dict(), "old.weight_ih_l0": torch.zeros(8, 2)}
    found = opened(state)
    assert [group.prefix for group in found.groups] == ["rnn."]
    assert found.ignored == ("old.weight_ih_l0",)


def test_without_a_head_it_says_what_is_there_and_what_is_needed():
    state = {name: t for name, t in Stranger().state_dict().items() if not name.startswith("fc")}
    with pytest.raises(
        CheckpointError, match=r"no head for rnn: .* 5 columns .* emb.weight \(13, 4\)"
    ):
        opened(state).adopt()
    with pytest.raises(CheckpointError, match=r"besides there is nothing\. Save the whole model"):
        opened(nn.GRU(COLUMNS, UNITS).state_dict()).adopt()
    without_table = {n: t for n, t in Stranger().state_dict().items() if not n.startswith("emb")}
    with pytest.raises(CheckpointError, match=r"no input for rnn: .*heads are fc \(13, 5\)"):
        opened(without_table).adopt()


@pytest.mark.parametrize(
    ("stranger", "sentence"),
    [
        (Stranger(nn.RNN, units=1_025), "`hidden_size` .=1025. must be between 1 and 1024"),
        (Stranger(num_layers=9), "`num_layers` .=9."),
        (Stranger(columns=1_025), "`embedding_size` .=1025."),
        (Stranger(nn.RNN, tokens=50_001, units=1, columns=2), "`vocabulary_size` .=50002."),
    ],
    ids=["units", "layers", "columns", "tokens"],
)
def test_what_is_beyond_the_limits_is_refused(stranger, sentence):
    cell = "rnn_tanh" if isinstance(stranger.rnn, nn.RNN) else None
    with pytest.raises(
        CheckpointError, match=f"`data` holds a network that is too large: {sentence}"
    ):
        opened(stranger.state_dict()).adopt(cell=cell)


@pytest.mark.parametrize(
    "stranger",
    [
        Stranger(nn.RNN, units=1_024),
        Stranger(num_layers=8),
        Stranger(columns=1_024),
        Stranger(nn.RNN, tokens=50_000, units=1, columns=2),
        Stranger(nn.RNN, False, tokens=20_000, units=1),
    ],
    ids=["units", "layers", "columns", "tokens", "one-hot"],
)
def test_a_network_of_a_file_may_be_larger_than_those_drawn_here(stranger):
    cell = "rnn_tanh" if isinstance(stranger.rnn, nn.RNN) else None
    adopted = opened(stranger.state_dict()).adopt(cell=cell)
    indices = torch.randint(stranger.tokens, (TIME, BATCH))
    ours = adopted.model(torch.float64)(indices)[0][..., : stranger.tokens]
    assert_close(ours, stranger.double()(indices))
    assert isinstance(adopted.spec, LargeSpec)
    again = load_checkpoint(dump_checkpoint(adopted))
    assert again.spec == adopted.spec
    assert again.digest == adopted.digest
    with pytest.raises(CoreError, match="must be"):
        ModelSpec.from_dict(adopted.spec.to_dict())


def test_what_is_no_dict_is_refused():
    for content, kind in (
        (torch.zeros(3), "Tensor"),
        ([torch.zeros(3)], "list"),
        (None, "NoneType"),
    ):
        with pytest.raises(CheckpointError, match=f"`data` holds a {kind}, and a dict"):
            opened(content)


def test_a_choice_of_another_type_is_refused():
    with pytest.raises(CoreError, match=r"`cell` .=3."):
        opened(Stranger().state_dict()).adopt(cell=3)
    with pytest.raises(CoreError, match="`scheme`"):
        opened(Stranger().state_dict()).adopt(scheme="bytes")
