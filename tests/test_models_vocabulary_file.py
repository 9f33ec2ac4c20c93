"""Lists of tokens in the forms people have them, and what is none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import CheckpointError
from core.models.checkpoints import parse_vocabulary

TOKENS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4),
    min_size=1,
    max_size=8,
    unique=True,
)


@given(TOKENS, st.randoms(use_true_random=False))
def test_a_list_and_both_kinds_of_objects_give_the_tokens_in_order(tokens, random):
    pairs = list(enumerate(tokens))
    random.shuffle(pairs)
    assert parse_vocabulary(json.dumps(tokens)) == tokens
    assert parse_vocabulary(json.dumps({token: index for index, token in pairs})) == tokens
    assert parse_vocabulary(json.dumps({str(index): token for index, token in pairs})) == tokens


def test_lines_keep_blanks_and_name_line_ends():
    assert parse_vocabulary("a\n \n\\n\n\\t\n\\\\\nend\n") == ["a", " ", "\n", "\t", "\\", "end"]
    assert parse_vocabulary("a\r\nb") == ["a", "b"]
    assert parse_vocabulary("[\n]\na") == ["[", "]", "a"]
    assert parse_vocabulary("\ufeffa\nb") == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must hold 1 to 100,000"),
        ("[]", "must hold 1 to 100,000"),
        ("a\nb\na", "holds 'a' more than once"),
        ('["a", "a"]', "more than once"),
        ("[1, 2]", "must be a list of texts"),
        ('{"a": 0, "b": 2}', "from 0 to 1"),
        ('{"a": 0, "b": 0}', "from 0 to 1"),
        ('{"a": true, "b": 1}', "from 0 to 1"),
        ('{"a": 0, "b": [1]}', "from 0 to 1"),
        ("[1, 2", "begins like JSON"),
        ("[" * 100_000, "begins like JSON"),
        ("\n".join(map(str, range(100_001))), "must hold 1 to"),
    ],
)
def test_what_is_no_vocabulary_is_told(text, words):
    with pytest.raises(CheckpointError, match=words) as error:
        parse_vocabulary(text)
    assert len(str(error.value)) < 300
