"""Which part judges: when the end is unlike the rest, lines drawn from all over, file sizes."""

import random
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.errors import TextError
from core.learning import (
    compare_end,
    draw_pieces,
    piece_starts,
    snapshots_that_fit,
    thinned_to_fit,
)
from core.models import ModelSpec, SequenceModel
from core.models.checkpoints import Checkpoint, Snapshot, dump_checkpoint
from core.text import Vocabulary, tokenize

TEXTS = Path(__file__).resolve().parents[1] / "assets" / "texts"
STORY = (TEXTS / "story.txt").read_text(encoding="utf-8")
WORDS = sorted(set(re.findall("[a-z]+", STORY.lower())))


def indexed(text: str, scheme="graphemes"):
    tokens = tokenize(text, scheme)
    vocabulary = Vocabulary.from_tokens(tokens)
    return np.array(vocabulary.encode(tokens), np.int64), vocabulary


@pytest.mark.parametrize("name", [path.stem for path in sorted(TEXTS.glob("*.txt"))])
@pytest.mark.parametrize("scheme", ["graphemes", "letters", "words"])
def test_the_end_of_a_text_as_people_write_it_is_like_the_rest(name, scheme):
    text = (TEXTS / f"{name}.txt").read_text(encoding="utf-8")
    assert not compare_end(*indexed(text, scheme)).unlike


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\u2028"])
def test_a_sorted_list_is_unlike_at_its_end_and_shuffled_it_is_not(ends):
    for seed in range(3):
        shuffled = random.Random(seed).sample(WORDS, len(WORDS))
        assert compare_end(*indexed(ends.join(sorted(shuffled)))).unlike
        assert not compare_end(*indexed(ends.join(shuffled))).unlike


def test_another_language_at_the_end_is_unlike_the_rest():
    greek = "".join(chr(0x3B1 + ord(c) * 7 % 24) if c.isalpha() else c for c in STORY[30000:34000])
    assert compare_end(*indexed(STORY[:30000] + greek)).unlike


def test_a_long_text_is_compared_as_a_short_one_is():
    assert not compare_end(*indexed(STORY * 6)).unlike
    assert compare_end(*indexed("\n".join(sorted(WORDS * 20)))).unlike


@given(
    st.lists(st.integers(0, 4), min_size=4, max_size=400),
    st.sampled_from([0.1, 0.3, 0.5]),
    st.integers(0, 2**63 - 1),
)
def test_drawn_lines_are_whole_a_share_and_the_same_again(tokens, share, seed):
    indices, vocabulary = np.array(tokens, np.int64), Vocabulary.from_tokens("\nabc")
    starts = piece_starts(indices, vocabulary)
    assert starts[0] == 0
    assert (np.diff(starts) > 0).all()
    line_starts = np.flatnonzero(indices[:-1] == 0) + 1
    assert set(line_starts) <= set(starts.tolist())
    try:
        drawn = draw_pieces(starts, len(indices), share, seed)
    except TextError:
        assert len(indices) < 8
        return
    np.testing.assert_array_equal(drawn, draw_pieces(starts, len(indices), share, seed))
    changes = np.flatnonzero(np.diff(drawn.astype(int))) + 1
    assert set(changes.tolist()) <= set(starts.tolist())
    longest = int(np.diff(starts, append=len(indices)).max())
    wanted = max(2, round(share * len(indices)))
    assert wanted <= drawn.sum() < wanted + longest


def checkpoint_of(count: int, **attributes) -> Checkpoint:
    spec = ModelSpec(cell="gru", vocabulary_size=9, hidden_size=30, **attributes)
    weights = SequenceModel.from_spec(spec).state_dict()
    steps = range(0, 10 * count, 10)
    training = {"curve": {"loss": [0.1] * 50, "note": 'a "quoted" \\ word'}}
    return Checkpoint(
        spec=spec,
        weights=weights,
        snapshots=tuple(Snapshot(step, weights, 2.0) for step in steps),
        training=training,
    )


@given(count=st.integers(0, 14), layers=st.integers(1, 3), share=st.floats(0.02, 1.2))
def test_a_thinned_checkpoint_fits_its_file_and_keeps_first_and_last(count, layers, share):
    whole = checkpoint_of(count, num_layers=layers)
    size = len(dump_checkpoint(whole))
    most = int(share * size)
    found = thinned_to_fit(whole, most)
    bare = len(dump_checkpoint(checkpoint_of(0, num_layers=layers)))
    if found is None:
        assert bare > 0.7 * most
        return
    assert len(dump_checkpoint(found)) <= most
    assert all(torch.equal(found.weights[name], whole.weights[name]) for name in whole.weights)
    steps, kept = ([each.step for each in one.snapshots] for one in (whole, found))
    assert set(kept) <= set(steps)
    if share >= 1.1:
        assert found is whole
    if len(kept) >= 2:
        assert (kept[0], kept[-1]) == (steps[0], steps[-1])
        gaps = np.diff([steps.index(step) for step in kept])
        assert gaps.max() - gaps.min() <= 1
    if len(kept) < len(steps):  # one more would not have had room
        assert size * (len(kept) + 3) / (count + 1) > most


def test_the_snapshots_that_fit_do_fit():
    model = ModelSpec(cell="lstm", vocabulary_size=60, hidden_size=512, num_layers=2)
    for most in (15_000_000, 20_000_000, 100_000_000, 300_000_000):
        count = snapshots_that_fit(model, most)
        one = 4 * model.parameter_count
        assert (count + 1) * one <= most - 1_000_000 or count == 0
        assert (count + 2) * one > most - 1_000_000
