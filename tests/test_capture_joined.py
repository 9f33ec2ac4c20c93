"""Calls of one module that hand their state on, read as one sequence: equal to one long call."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence
from torch.testing import assert_close

from core import CaptureError, capture
from core.analysis import gradient_norms, judge, spectrum

EXACT = {"rtol": 1e-9, "atol": 1e-12}
ATTRIBUTES = (
    "input", "hidden", "hidden_before", "initial_hidden", "initial_cell", "cell_state",
    "grad_hidden", "grad_hidden_direct", "grad_cell_state", "grad_pre_activation", "grad_input",
    "grad_input_own", "grad_weight_ih", "grad_weight_hh", "grad_bias_ih", "grad_bias_hh",
    "grad_initial_hidden", "grad_initial_cell", "weight_hr", "grad_weight_hr", "lengths",
)  # fmt: skip
KINDS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM, "projected": nn.LSTM}


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def assert_same(found, wanted):
    for name in ATTRIBUTES:
        assert_close(
            getattr(found, name), getattr(wanted, name), **EXACT, msg=lambda m, n=name: n + m
        )
    for name, gate in wanted.gates.items():
        assert_close(found.gates[name], gate, **EXACT)


def module_of(kind, layers, **options):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        more = {"proj_size": 2} if kind == "projected" else {}
        return KINDS[kind](3, 5, layers, **options, **more).double()


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(tuple(KINDS)),
    layers=st.integers(1, 3),
    layout=st.sampled_from(("time first", "batch first", "unbatched")),
    pieces=st.lists(st.integers(1, 4), min_size=2, max_size=5),
    last_only=st.booleans(),
)
def test_joined_calls_equal_one_long_call(kind, layers, layout, pieces, last_only):
    module = module_of(kind, layers, batch_first=layout == "batch first")
    batch = 1 if layout == "unbatched" else 2
    x = noise(sum(pieces), batch, 3)
    as_given = {"time first": lambda v: v, "batch first": lambda v: v.transpose(0, 1),
                "unbatched": lambda v: v[:, 0]}[layout]  # fmt: skip

    def loss(out, start):
        out = out.transpose(0, 1) if layout == "batch first" else out
        out = out.unsqueeze(1) if layout == "unbatched" else out
        parts = [noise(*h.shape, seed=start + t) * h for t, h in enumerate(out)]
        return sum(p.sum() for p in (parts[-1:] if last_only and start else parts))

    with capture(module) as whole:
        out, _ = module(as_given(x))
        total = sum(
            loss(piece, sum(pieces[:k]))
            for k, piece in enumerate(out.split(pieces, 1 if layout == "batch first" else 0))
        )
        total.backward()
    with capture(module) as tape:
        state, total = None, 0.0
        for k, piece in enumerate(x.split(pieces)):
            out, state = module(as_given(piece), state)
            total = total + loss(out, sum(pieces[:k]))
        total.backward()
    for layer in range(layers):
        assert_same(tape.joined(f"l{layer}"), whole[f"l{layer}"])
        assert_same(tape.joined(f"l{layer}", 0), whole[f"l{layer}"])


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_several_chains_are_told_apart_and_each_is_whole(kind):
    module = module_of(kind, 1)
    xs = [noise(6, 2, 3, seed=k) for k in range(2)]
    with capture({"decoder": module}) as tape:
        states, outs = [None, None], [None, None]
        for t in range(6):
            for k in range(2):
                outs[k], states[k] = module(xs[k][t : t + 1], states[k])
        (outs[0].sum() + outs[1].sum()).backward()
    for k in range(2):
        with capture(module) as whole:
            module(xs[k])[0][-1].sum().backward()
        found = tape.joined("decoder", k)
        assert_same(found, whole["l0"])
        verdicts = [judge(gradient_norms(trace)) for trace in (found, whole["l0"])]
        assert_close(verdicts[0].factor, verdicts[1].factor)
        assert_close(spectrum(found)[0].radius, spectrum(whole["l0"])[0].radius)
    with pytest.raises(CaptureError, match=r"12 calls .* make 2 sequences.*k from 0 to 1"):
        tape.joined("decoder")
    with pytest.raises(CaptureError, match=r"from 0 to 1: `decoder.l0` ran 2 sequences"):
        tape.joined("decoder", 2)


def test_the_output_handed_on_instead_of_the_final_state_is_the_same():
    module, x = module_of("gru", 1), noise(5, 2, 3)
    with capture(module) as tape:
        out = None
        for x_t in x:
            out, _ = module(x_t.unsqueeze(0), out)
        out.sum().backward()
    with capture(module) as whole:
        module(x)[0][-1].sum().backward()
    assert_same(tape.joined("l0"), whole["l0"])


def test_float64_analysis_of_float32_steps_does_not_underflow():
    rnn = nn.RNN(1, 1, bias=False)
    with torch.no_grad():
        rnn.weight_hh_l0.fill_(0.1)
        rnn.weight_ih_l0.fill_(0.0)
    with capture(rnn, dtype=torch.float64) as tape:
        state = torch.zeros(1, 1, 1)
        for _ in range(100):
            out, state = rnn(torch.zeros(1, 1, 1), state)
        out.sum().backward()
    rate = rnn.weight_hh_l0.detach().double().item()
    wanted = rate ** torch.arange(99, -1, -1, dtype=torch.float64)
    assert_close(tape.joined("l0").grad_hidden[:, 0, 0], wanted, rtol=1e-9, atol=0)


def test_detached_windows_join_with_a_cut_gradient():
    gru, x = module_of("gru", 2), noise(6, 2, 3)
    with capture(gru) as tape:
        _, state = gru(x[:3])
        gru(x[3:], state.detach())[0].sum().backward()
    for name in ("l0", "l1"):
        joined = tape.joined(name)
        assert_close(joined.hidden_before[3], joined.hidden[2], **EXACT)
        assert not joined.grad_hidden[:3].any()
        assert_close(joined.grad_hidden[3:], tape[name, 1].grad_hidden, **EXACT)


def test_packed_windows_join_if_only_the_last_is_shorter():
    lstm, x = module_of("lstm", 1), noise(6, 2, 3)

    def packed(piece, lengths):
        return pack_padded_sequence(piece, torch.tensor(lengths), enforce_sorted=False)

    for lengths, fits in (([[3, 3], [2, 3]], True), ([[2, 3], [3, 3]], False)):
        with capture(lstm) as tape:
            _, state = lstm(packed(x[:3], lengths[0]))
            lstm(packed(x[3:], lengths[1]), state)[0].data.sum().backward()
        if fits:
            joined = tape.joined("l0")
            assert joined.lengths.tolist() == [5, 6]
            assert not joined.hidden[5, 0].any()
        else:
            with pytest.raises(CaptureError, match="different lengths before its last"):
                tape.joined("l0")


def test_what_does_not_chain_is_refused_with_a_sentence():
    both, x = nn.GRU(3, 4, bidirectional=True).double(), noise(4, 2, 3)
    with capture(both) as tape:
        _, state = both(x)
        both(x, state)[0].sum().backward()
    assert tape.joined("l0").hidden.shape == (8, 2, 4)
    with pytest.raises(CaptureError, match="reads each call from its end"):
        tape.joined("l0_reverse")
    single = nn.GRU(3, 4).double()
    with capture(single) as tape:
        for k in range(3):
            single(noise(4, 2, 3, seed=k))[0].sum().backward()
    with pytest.raises(CaptureError, match=r"3 sequences .no call goes on from the state"):
        tape.joined("l0")
    assert tape.joined("l0", 1) is tape["l0", 1]
    with capture(single) as tape:
        _, state = single(x)
        single(x[:, :1], state[:, :1].contiguous())[0].sum().backward()
    with pytest.raises(CaptureError, match=r"batches of \[1, 2\]"):
        tape.joined("l0")
    with capture(single) as tape:
        _, state = single(x)
        single(x, state)[0].sum().backward()
    with pytest.raises(CaptureError, match="several calls joined"):
        tape.joined("l0").give_gradient(noise(8, 2, 4))
