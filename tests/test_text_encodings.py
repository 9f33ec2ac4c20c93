"""Detection of legacy encodings: short texts in thirty languages, and what must not be certain."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import CoreError
from core.text import decode_text
from core.text.encodings import NAMES, codec_of
from tests.legacy_sentences import SENTENCES, legacy_files

LEAST_SHARE = 0.96
FILES = legacy_files()
UNMARKED = ("utf_16_le", "utf_16_be", "utf_32_le", "utf_32_be")


def test_nearly_all_short_legacy_texts_are_read_right_and_none_of_the_wrong_ones_is_certain():
    wrong = []
    for language, codec, text, data in FILES:
        decoded = decode_text(data)
        if decoded.text != text:
            wrong.append((language, codec, text[:30], decoded.encoding))
            assert decoded.guessed, wrong[-1]
    assert len(FILES) > 400
    assert 1 - len(wrong) / len(FILES) >= LEAST_SHARE, wrong


def test_the_right_text_is_nearly_always_one_click_away():
    missed = [
        (language, codec, text[:30])
        for language, codec, text, data in FILES
        if text
        not in {
            (decoded := decode_text(data)).text,
            *(decode_text(data, other).text for other in decoded.alternatives),
        }
    ]
    assert len(missed) <= 0.01 * len(FILES), missed


def test_every_alternative_gives_another_text_and_the_choice_is_no_guess():
    for _, _, _, data in FILES[::9]:
        decoded = decode_text(data)
        texts = [decode_text(data, each) for each in (decoded.codec, *decoded.alternatives)]
        assert texts[0].text == decoded.text
        assert len({each.text for each in texts}) == len(texts)
        assert not any(each.guessed for each in texts)


@pytest.mark.parametrize("codec", UNMARKED)
def test_unicode_without_a_byte_order_mark_is_recognised(codec):
    for sentences in SENTENCES.values():
        for text in sentences:
            decoded = decode_text(text.encode(codec))
            assert (decoded.text, decoded.codec, decoded.guessed) == (text, codec, True)


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("iso2022_jp", "灯台守は「ランプは眠らない」と言った。"),
        ("iso2022_jp", "Tokyo is 東京 in Japanese.\nOsaka is 大阪.\n"),
        ("iso2022_jp_2", "東京と서울と北京(汉语)とΑθήνα"),
        ("iso2022_jp_ext", "ｶﾀｶﾅと漢字"),
        ("iso2022_jp_2004", "東京は①番目の都市"),
        ("iso2022_kr", "등대지기는 등불이 잠들면 안 된다고 말했다."),
        ("hz", "看守人说，灯永远不能睡觉。\nThe end ~ of it.\n"),
    ],
)
def test_seven_bit_encodings_are_recognised(codec, text):
    assert text.encode(codec).isascii()
    decoded = decode_text(text.encode(codec))
    assert decoded.text == text
    assert decoded.guessed
    # A file that ends inside a character is read to there.
    assert text.startswith(decode_text(text.encode(codec)[:-6]).text.rstrip("\ufffd")[:5])


@pytest.mark.parametrize(
    "text", ["a ~{ b", "x ~{ y ~} z", "if (~{ab}) $B(J", "\x1b[32mok\x1b[0m ok"]
)
def test_ascii_that_looks_like_an_escape_stays_ascii(text):
    decoded = decode_text(text.encode())
    assert (decoded.text, decoded.codec, decoded.guessed) == (text, "utf_8", False)


def test_a_chosen_encoding_is_taken_by_any_of_its_names():
    data = "Mañana será".encode("cp1252")
    for name in ("cp1252", "windows-1252", "Windows-1252 (Western European)", "latin-1"):
        assert decode_text(data, name).text == "Mañana será"
    assert decode_text(data, encoding="cp1250").text == "Mańana será"
    for codec in NAMES:
        assert codec_of(codec) == codec == codec_of(NAMES[codec])


@pytest.mark.parametrize(
    "encoding",
    ["", "rot13", "hex", "idna", "undefined", "x" * 10_000, "cp1252\0", "../etc", "é", 5],
)
def test_an_encoding_that_is_none_is_refused(encoding):
    with pytest.raises(CoreError, match="`encoding`"):
        decode_text(b"abc", encoding)


def test_bytes_that_are_not_in_the_chosen_encoding_say_so():
    with pytest.raises(CoreError, match=r"is not in UTF-8: .* choose another"):
        decode_text("Смотритель сказал".encode("cp1251"), "utf-8")


BYTES = st.one_of(
    st.binary(max_size=300),
    st.sampled_from(FILES).map(lambda file: file[3]),
    st.tuples(st.sampled_from(FILES), st.binary(max_size=3)).map(lambda each: each[0][3] + each[1]),
)


@settings(deadline=None, max_examples=150)
@given(BYTES, st.sampled_from([None, *NAMES]), st.integers(1, 400))
def test_any_bytes_in_any_encoding_give_a_text_or_one_sentence(data, encoding, limit):
    try:
        decoded = decode_text(data, encoding, limit=limit, cut=True)
    except CoreError as error:
        assert str(error).endswith(".")
        return
    assert decoded.text.strip()
    assert decoded.encoding == NAMES[decoded.codec]
    assert decoded.guessed or not decoded.alternatives
    assert decoded.codec not in decoded.alternatives


@pytest.mark.parametrize("codec", ["utf_8", "utf_16", "utf_32", "cp1251", "gb18030", "cp932"])
def test_the_first_part_of_a_long_file_ends_where_a_line_does(codec):
    line = (
        "朝になると、子どもたちが浜辺へ走る。\n"
        if codec == "cp932"
        else "看守人说，灯永远不睡觉。\n"
    )
    if codec not in ("cp932", "gb18030"):
        line = "Смотритель сказал: лампа не должна спать.\n"
    data = (line * 900).encode(codec)
    for limit in (5_000, 5_001, 5_002, 5_003):
        decoded = decode_text(data, limit=limit, cut=True)
        lines, rest = divmod(len(decoded.text), len(line))
        assert rest == 0
        assert lines >= 15
        assert decoded.text == line * lines
        assert f"{len(data):,} bytes" in decoded.note or "utf" in codec
        assert "Only the first part of the file is read" in decoded.note


def test_without_line_ends_a_cut_text_ends_at_a_word_or_at_least_at_a_character():
    words = ("маяк " * 9_000).encode()
    assert set(decode_text(words, limit=4_001, cut=True).text.split(" ")) == {"маяк", ""}
    runs = ("маяк" * 9_000).encode()
    assert decode_text(runs, limit=4_001, cut=True).text == "маяк" * 500


def test_a_file_within_the_limit_is_read_whole():
    assert decode_text(b"abc\ndef", limit=7, cut=True).text == "abc\ndef"
    assert decode_text(b"abc\ndef", limit=7, cut=True).note == ""


FULL = 300_000
HOSTILE = [
    "Смотритель".encode("cp1251"), "朝になると".encode("cp932"), b"\xa0", b"~{", b"~{VP",
    b"\x1b$B", b"\x1b(B\x1b$B", "маяк".encode("utf_16_le"), b"\x84", b"\xa1", b"a\xa1", b"\x84a",
    b"<html", b" ", b"PK\x03\x04", b"\0", b"\xff", b"\x0e", "漢".encode(), b"\xe9a", b"\x1b", b"~",
    b"<?xml ", b"\xc3", random.Random(1).randbytes(997).replace(b"\0", b"x"),
]  # fmt: skip


@pytest.mark.parametrize("size", [FULL, 2_000_000])
def test_no_file_takes_more_than_a_second(size):
    decode_text(b"\xe4\xf6")  # chardet loads its tables once
    for unit in HOSTILE:
        data = (unit * (size // len(unit) + 1))[:size]
        begin = time.process_time()
        try:
            decode_text(data)
        except CoreError:
            pass
        assert time.process_time() - begin < 1, unit[:20]


@pytest.mark.parametrize(
    ("data", "kind", "way"),
    [
        (b"%PDF-1.4", "a PDF document", "select all, copy"),
        (b"PK\x03\x04" + b"\0" * 30 + b"word/document.xml", "a Word document", "save it as plain"),
        (b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.text", "OpenDocument text", "save"),
        (b"PK\x03\x04mimetypeapplication/epub+zip", "an EPUB book", "select all, copy"),
        (b"PK\x03\x04\0\0archive/data.pkl", "a PyTorch file", "under Weights"),
        (b"PK\x03\x04\0\0a.txt", "a ZIP archive", "unpack"),
        (b"{\\rtf1 x}", "an RTF document", "save it as plain text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document", "save it as plain text"),
        (b"RIFF\0\0\0\0WAVEfmt ", "a WAV recording", "transcript"),
        (b"ID3\x04", "an MP3 recording", "transcript"),
        (b"\0\0\0\x18ftypmp42", "a video", "transcript"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "a WebP image", "text recognition"),
        (b"\x89PNG\r\n", "a PNG image", "text recognition"),
        (b"BZh91AY", "a bzip2 archive", "unpack"),
        (b"\0" * 257 + b"ustar", "a tar archive", "unpack"),
    ],
)
def test_a_refused_kind_says_how_to_get_the_text_out(data, kind, way):
    with pytest.raises(CoreError) as caught:
        decode_text(data)
    assert kind in str(caught.value)
    assert way in str(caught.value)


@pytest.mark.parametrize(
    "start", ["<!DOCTYPE html>", "<html lang=en>", "\n <?xml version='1.0'?><HTML>"]
)
def test_a_web_page_is_read_and_said_to_hold_tags(start):
    decoded = decode_text(f"{start}<p>The keeper</p>".encode())
    assert decoded.text.endswith("<p>The keeper</p>")
    assert "with its tags" in decoded.note
    assert "browser" in decoded.note


def test_a_text_that_mentions_tags_is_no_web_page():
    assert decode_text(b"The <html> tag comes first.").note == ""
