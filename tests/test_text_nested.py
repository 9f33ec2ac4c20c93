"""Nested brackets and quotations: every line obeys its grammar and needs a long memory."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import CoreError
from core.text import Vocabulary, decode_text, tokenize
from core.text.nested import nested_text

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "assets" / "texts" / "brackets.txt"
NAMES = set(
    "ant bee crow deer emu fox goat hen jay koala lamb moth newt ox panda rabbit sparrow tiger "
    "walrus yak zebra".split()
)
LINKS = set("by or and near with sees finds hears meets calls feeds".split())
BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">"}
QUOTATIONS = {"“": "”", "‘": "’"}
SIGNS = BRACKETS | QUOTATIONS


def depth_of(line: str) -> int:
    """Reads a line by the grammar, asserting every rule; the most signs open at once."""
    pieces = re.findall(r"[A-Za-z]+|.", line)[::-1]
    deepest = read_row(pieces, 0, 0)
    assert not pieces, line
    return deepest


def read_row(pieces: list[str], depth: int, quotations: int) -> int:
    deepest = read_phrase(pieces, depth, quotations)
    while pieces and pieces[-1] == " ":
        _, link, space = pieces.pop(), pieces.pop(), pieces.pop()
        assert small(link, quotations) in LINKS
        assert space == " "
        deepest = max(deepest, read_phrase(pieces, depth, quotations))
    return deepest


def read_phrase(pieces: list[str], depth: int, quotations: int) -> int:
    opening = pieces.pop()
    if opening not in SIGNS:
        assert small(opening, quotations) in NAMES
        return depth
    first = pieces[-1]
    if opening in BRACKETS and first == BRACKETS[opening]:
        pieces.pop()
        return depth + 1
    quotations += opening in QUOTATIONS
    assert small(first, quotations) in NAMES
    deepest = read_row(pieces, depth + 1, quotations)
    assert pieces.pop() == SIGNS[opening]
    if opening in BRACKETS:
        assert (pieces.pop(), pieces.pop()) == (" ", first)
    else:
        assert opening == ("“" if quotations % 2 else "‘")
    return deepest


def small(word: str, quotations: int) -> str:
    """The word in small letters, which it must be in, or in capitals, by the open quotations."""
    assert word == (word.upper() if quotations % 2 else word.lower())
    return word.lower()


def closings(text: str) -> list[tuple[str, int, int, str]]:
    """For each closing sign: itself, its distance, the signs open before it, the word before it."""
    found, opened = [], []
    for place, character in enumerate(text):
        if character in SIGNS:
            opened.append((place, character))
        elif character in SIGNS.values():
            word = re.findall(r"[A-Za-z]+|.", text[max(0, place - 8) : place])[-1]
            start, opening = opened.pop()
            assert SIGNS[opening] == character
            found.append((character, place - start, len(opened) + 1, word))
    assert not opened
    return found


SEEDS = st.integers(0, 2**53 - 1)


@settings(max_examples=200)
@given(st.integers(1, 3000), SEEDS, st.integers(1, 20))
@example(1, 0, 1)
@example(2, 0, 1)
@example(100, 0, 1)
@example(2000, 0, 20)
@example(1999, 2**53 - 1, 20)
def test_every_line_obeys_the_grammar_and_the_size_is_exact(size, seed, deepest):
    text = nested_text(size, seed, deepest=deepest)
    assert len(text) == size
    assert text.endswith("\n")
    assert text == nested_text(size, seed, deepest=deepest)
    if size <= 2:
        assert text == "a\n"[-size:]
        return
    depths = [depth_of(line) for line in text.split("\n")[:-1]]
    assert max(depths) <= deepest
    if size >= 100 * deepest:
        assert depths[0] == deepest


@given(SEEDS)
def test_another_seed_gives_another_text(seed):
    texts = {nested_text(300, (seed + step) % 2**53) for step in range(3)}
    assert len(texts) == 3


@pytest.mark.parametrize(
    "line",
    [
        "(fox sees ox] fox",
        "(fox sees ox",
        "fox)",
        "[fox sees (ox] fox) ox",
        "(fox sees ox) ox",
        "(fox sees ox)",
        "“fox”",
        "“FOX SEES ‘OX’”",
        "‘FOX’",
        "“FOX SEES “ox””",
        "fox ox",
        "fox sees",
        "fox  sees ox",
        "“”",
        "((fox) fox) fox",
        "",
    ],
)
def test_the_reader_of_these_tests_refuses_what_is_wrong(line):
    with pytest.raises((AssertionError, IndexError)):
        depth_of(line)


def test_the_reader_of_these_tests_knows_what_is_right():
    assert depth_of("(fox sees “OX MEETS {} BY ‘emu’”) fox by [hen] hen") == 3


def test_each_name_is_known_by_its_first_letter():
    assert len({name[0] for name in NAMES}) == len(NAMES) == 21
    words = set(re.findall("[a-z]+", nested_text(40_000, 3).lower()))
    assert words == NAMES | LINKS


def test_the_shipped_text_is_the_generators():
    shipped = SHIPPED.read_text(encoding="utf-8")
    assert shipped == nested_text(40_000, 7)
    assert "\r" not in shipped
    vocabulary = Vocabulary.from_tokens(tokenize(shipped, "graphemes"))
    assert len(vocabulary) < 70
    decoded = decode_text(SHIPPED.read_bytes())
    assert (decoded.text, decoded.encoding, decoded.note) == (shipped, "UTF-8", "")


def test_every_depth_is_common_in_the_shipped_text():
    depths = Counter(depth_of(line) for line in nested_text(40_000, 7).splitlines())
    assert sorted(depths) == list(range(7))
    assert min(depths.values()) >= 15


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_distances_reach_from_one_to_hundreds_with_a_heavy_tail(seed):
    distances = sorted(distance for _, distance, _, _ in closings(nested_text(40_000, seed)))
    longer = {
        limit: sum(d > limit for d in distances) / len(distances) for limit in (100, 200, 400)
    }
    assert distances[0] == 1
    assert 20 <= distances[len(distances) // 2] <= 45
    assert 0.1 < longer[100] < 0.25
    # An exponential tail of this median would have 15 in a thousand and 2 in ten thousand.
    assert longer[200] > 0.03
    assert longer[400] > 0.003


def test_a_closing_sign_cannot_be_told_from_what_is_near():
    learned, met = (closings(nested_text(200_000, seed)) for seed in (1, 2))
    seen: dict[tuple[int, str], Counter[str]] = {}
    for sign, distance, depth, word in learned:
        if distance > 1:
            seen.setdefault((depth, word), Counter())[sign] += 1
    guesses = [
        seen[depth, word].most_common(1)[0][0] == sign
        for sign, distance, depth, word in met
        if distance > 1 and (depth, word) in seen
    ]
    assert len(guesses) > 4000
    assert sum(guesses) / len(guesses) < 0.4


def test_all_kinds_of_signs_are_as_common():
    counts = Counter(sign for sign, _, _, _ in closings(nested_text(200_000, 4)))
    quotations = counts.pop("”") + counts.pop("’")
    assert set(counts) == set(BRACKETS.values())
    for count in (*counts.values(), quotations):
        assert 0.17 < count / (sum(counts.values()) + quotations) < 0.23


def test_two_million_characters_are_the_most():
    text = nested_text(2_000_000, 5)
    assert len(text) == 2_000_000
    assert all(depth_of(line) <= 6 for line in text[-20_000:].splitlines()[1:])


def test_the_global_generator_is_left_alone():
    before = torch.get_rng_state()
    nested_text(5000, 1)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("name", "value", "bounds"),
    [
        ("size", 0, "1 to 2,000,000"),
        ("size", 2_000_001, "1 to 2,000,000"),
        ("size", 10.0, "1 to 2,000,000"),
        ("size", True, "1 to 2,000,000"),
        ("seed", -1, "0 to 9,007,199,254,740,991"),
        ("seed", 2**53, "0 to 9,007,199,254,740,991"),
        ("seed", None, "0 to 9,007,199,254,740,991"),
        ("deepest", 0, "1 to 20"),
        ("deepest", 21, "1 to 20"),
        ("deepest", "6", "1 to 20"),
    ],
)
def test_an_argument_out_of_range_is_refused(name, value, bounds):
    with pytest.raises(CoreError) as refusal:
        nested_text(**{"size": 10, "seed": 1, "deepest": 6, name: value})
    assert str(refusal.value) == f"`{name}` (={value!r}) must be a whole number from {bounds}."


def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "core.text.nested", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False)


def test_the_documented_command_writes_the_shipped_file():
    done = run("--size", "40000", "--seed", "7")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == nested_text(40_000, 7).encode()
    assert b"\r" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--size", "many"), "`size` (='many') must be a whole number from 1 to 2,000,000."),
        (("--deepest", "21"), "`deepest` (=21) must be a whole number from 1 to 20."),
        (("--length", "9"), "unrecognized arguments: --length 9."),
    ],
)
def test_the_command_refuses_in_one_sentence(arguments, sentence):
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().splitlines() == [sentence]
