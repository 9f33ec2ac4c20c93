"""Reading files and pasted text: every encoding, every refusal, and bytes that mean harm."""

import codecs
import hashlib
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import CoreError, TextError
from core.text import DecodedText, check_text, decode_text

ENGLISH = "The keeper said, “the lamp must never sleep,” — and climbed the stair again.\n"
LEGACY = {
    "cp1252": (
        "L'été dernier, à Genève, le garçon naïf mangeait des crêpes. La forêt était déjà brûlée ; "
        "le gardien ne répondit pas, il regardait la mer par la fenêtre.",
        "Windows-1252 (Western European)",
    ),
    "cp1250": (
        "Strážce řekl, že lampa nesmí nikdy usnout, a znovu vystoupal po schodech. Dole moře "
        "počítalo vlny a nikdo nevěděl, kolik jich ještě zbývá.",
        "Windows-1250 (Central European)",
    ),
    "cp1251": (
        "Смотритель сказал: лампа не должна спать, и снова поднялся по лестнице. Внизу море "
        "считало волны.",
        "Windows-1251 (Cyrillic)",
    ),
    "koi8_r": ("Смотритель сказал: лампа не должна спать, и снова поднялся.", "KOI8-R (Cyrillic)"),
    "cp1253": (
        "Ο φύλακας είπε ότι η λάμπα δεν πρέπει ποτέ να κοιμάται και ανέβηκε ξανά τη σκάλα.",
        "Windows-1253 (Greek)",
    ),
    "cp1255": ("השומר אמר שהמנורה לעולם לא תישן ועלה שוב במדרגות.", "Windows-1255 (Hebrew)"),
    "cp932": (
        "朝になると、村の子どもたちが浜辺へ走ってきて、貝がらを拾いながら歌を歌う。おじいさんは窓から"
        "それを見て、少し笑った。「今日は風が強いから、船は出ないだろう」と彼はつぶやいた。",
        "Shift JIS (Japanese)",
    ),
    "euc_jp": ("灯台守は言った、ランプは決して眠ってはならない。", "EUC-JP (Japanese)"),
    "gb18030": (
        "看守人说，灯永远不能睡觉，然后又爬上了楼梯。下面的大海继续数着波浪。",
        "GB 18030 (Simplified Chinese)",
    ),
    "cp949": (
        "등대지기는 등불이 잠들면 안 된다고 말하고 다시 계단을 올랐다.",
        "EUC-KR (Korean)",
    ),
}
MARKED = [
    (codecs.BOM_UTF8, "utf_8", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf_16_le", "UTF-16 (little endian)"),
    (codecs.BOM_UTF16_BE, "utf_16_be", "UTF-16 (big endian)"),
    (codecs.BOM_UTF32_LE, "utf_32_le", "UTF-32 (little endian)"),
    (codecs.BOM_UTF32_BE, "utf_32_be", "UTF-32 (big endian)"),
]


def refusal(data: bytes, **options) -> str:
    with pytest.raises(TextError) as caught:
        decode_text(data, **options)
    assert isinstance(caught.value, CoreError)
    return str(caught.value)


def test_plain_utf_8_needs_no_note():
    decoded = decode_text(ENGLISH.encode())
    digest = hashlib.sha256(ENGLISH.encode()).hexdigest()
    assert decoded == DecodedText(ENGLISH, "UTF-8", "", digest)
    assert check_text(ENGLISH) == decoded


@pytest.mark.parametrize(("mark", "codec", "name"), MARKED)
def test_marked_unicode_is_read_and_the_mark_told(mark, codec, name):
    decoded = decode_text(mark + (ENGLISH + "🙂 日本").encode(codec))
    assert decoded.text == ENGLISH + "🙂 日本"
    assert decoded.encoding == name
    assert decoded.note == (
        "The byte order mark at the start of the file was left out."
        if codec == "utf_8"
        else f"The file was read as {name}, as its byte order mark says."
    )


@pytest.mark.parametrize("codec", LEGACY)
@pytest.mark.parametrize("copies", [1, 700])
def test_a_legacy_encoding_is_detected_and_told(codec, copies):
    text, name = LEGACY[codec]
    text = "\n".join([text] * copies)
    decoded = decode_text(text.encode(codec))
    assert decoded.text == text
    assert decoded.encoding == name
    assert decoded.note == (
        f"The file was read as {name}, a guess: if letters look wrong, save it as UTF-8."
    )


@pytest.mark.parametrize("codec", ["cp1251", "gb18030", "cp949", "cp932"])
@pytest.mark.parametrize("shift", ["", "x"])
def test_a_long_line_is_sampled_without_cutting_a_character(codec, shift):
    sentence = LEGACY[codec][0]
    text = "x" * 20_001 + " " + sentence + shift + sentence.replace(" ", "") * 5 + sentence * 900
    assert decode_text(text.encode(codec)).text == text


def test_the_sample_is_taken_from_all_lines_that_say_something():
    text = "№ 1\n" + "All is well in the tower.\n" * 900 + LEGACY["cp1251"][0]
    assert decode_text(text.encode("cp1251")).text == text


def test_a_text_that_names_an_encoding_need_not_be_in_it():
    text = "charset=cp1252\n" + LEGACY["cp1250"][0]
    assert decode_text(text.encode("cp1250")).text == text


def test_one_accent_after_a_long_ascii_text_is_found():
    text = "All is well in the tower.\n" * 10_000 + "The naïve keeper left the café.\n"
    decoded = decode_text(text.encode("cp1252"))
    assert decoded.text == text
    assert decoded.encoding == "Windows-1252 (Western European)"


def test_line_ends_become_newlines():
    raw = "a\r\nb\rc\nd\x85e\u2028f\u2029g\r\r\nh\x0ci\x0bj"
    expected = "a\nb\nc\nd\ne\nf\ng\n\nh\x0ci\x0bj"
    assert decode_text(raw.encode()).text == expected
    assert decode_text(codecs.BOM_UTF16_BE + raw.encode("utf_16_be")).text == expected
    assert check_text(raw).text == expected


def test_a_file_cut_inside_a_character_is_read_to_there():
    whole = "Жар-птица 🙂".encode()
    decoded = decode_text(whole[:-1])
    assert decoded.text == "Жар-птица \ufffd"
    assert decoded.encoding == "UTF-8"
    assert decoded.note == "1 place was not valid UTF-8 and shown as \ufffd."
    odd = decode_text(codecs.BOM_UTF16_LE + "keeper".encode("utf_16_le") + b"x")
    assert odd.text == "keeper\ufffd"
    assert odd.note == "1 place was not valid UTF-16 (little endian) and shown as \ufffd."


def test_damaged_utf_8_is_not_taken_for_another_encoding():
    data = ("Größer, grüner, später, über Öfen. " * 9).encode()
    broken = data[:40] + b"\xff" + data[40:80] + b"\xfe" + data[80:]
    decoded = decode_text(broken)
    assert decoded.encoding == "UTF-8"
    assert decoded.note == "2 places were not valid UTF-8 and shown as \ufffd."
    assert decoded.text.replace("\ufffd", "") == data.decode()


def test_pasted_surrogates_are_joined_or_replaced():
    decoded = check_text("a\ud83d\ude42b\ud800c\ufffd")
    assert decoded.text == "a🙂b\ufffdc\ufffd"
    assert decoded.note == "1 place was not valid Unicode and shown as \ufffd."
    assert check_text("\ufeffsaid").text == "said"


@pytest.mark.parametrize(
    "data", [b"", b" \n\t\r\n ", codecs.BOM_UTF8, b"\xff\xfe", b"\xff\xfe \x00"]
)
def test_nothing_to_read_is_refused(data):
    assert refusal(data) == (
        "`data` is empty or holds only white space: give a text of at least two tokens."
    )


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "is a PDF document"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "is a PNG image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "is a JPEG image"),
        (
            b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml",
            "is a ZIP archive, perhaps a Word, OpenDocument or EPUB file",
        ),
        (b"\x1f\x8b\x08\x00text", "is a gzip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old Office document"),
        (b"{\\rtf1\\ansi The keeper}", "is an RTF document"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "is a Windows program"),
        (b"\x7fELF\x02\x01\x01", "is a Linux program"),
        (
            b"keeper\0",
            "holds NUL bytes, as a program, an image or UTF-16 without its mark does,",
        ),
        (b"\x01\x02\x03 abc", "is full of control characters"),
        (bytes(range(1, 256)), "is full of control characters"),
        ("\x81\x82\x83 abc".encode(), "is full of control characters"),
        (b"\xff\xfe" + "a\0b".encode("utf_16_le"), "is full of control characters"),
    ],
)
def test_binary_data_is_refused_by_its_name(data, found):
    message = refusal(data)
    assert message.startswith(f"`data` {found} and is not plain text: ")
    assert ".txt" in message


def test_a_coloured_log_is_a_text():
    log = "\x1b[32mok\x1b[0m the lamp is lit\n"
    assert decode_text(log.encode()).text == log


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"\xef\xbb\xbf" + b"\xff" * 40, "40 bytes) begins with the byte order mark of UTF-8"),
        (b"\xff\xfe" + b"\x00\xd8" * 40, "80 bytes) begins with the byte order mark of UTF-16"),
        (b"\xff\xfe\x00\x00" + b"\xff" * 40, "begins with the byte order mark of UTF-32"),
        (bytes(range(128, 256)) * 40, "is neither UTF-8 nor in an encoding that could be"),
    ],
)
def test_what_no_encoding_explains_is_refused_with_the_way_out(data, found):
    message = refusal(data)
    assert found in message
    assert "as UTF-8" in message


def test_the_limit_is_on_bytes_and_names_itself():
    assert refusal(b"x" * 2_000_001) == (
        "`data` (of 2,000,001 bytes) must hold at most 2,000,000 bytes: give a part of the text."
    )
    assert len(decode_text(b"x" * 2_000_000).text) == 2_000_000
    assert refusal("ééé".encode(), limit=5).startswith("`data` (of 6 bytes) must hold at most 5")
    with pytest.raises(TextError, match=r"`text` \(of 6 bytes\) must hold at most 5 bytes"):
        check_text("ééé", limit=5)
    assert check_text("ééé", limit=6).text == "ééé"


@pytest.mark.parametrize("text", ["", " \r\n", "\ufeff"])
def test_nothing_pasted_is_refused(text):
    with pytest.raises(TextError, match="`text` is empty or holds only white space"):
        check_text(text)


def test_pasted_control_characters_are_refused():
    with pytest.raises(TextError, match="`text` is full of control characters and is not plain"):
        check_text("a\0b")


CODECS = [codec for _, codec, _ in MARKED] + [*LEGACY, "utf_7", "iso2022_jp", "cp037"]


@st.composite
def hostile_bytes(draw) -> bytes:
    """Random bytes, and texts in some encoding under a mark, cut, or damaged in one place."""
    if draw(st.booleans()):
        data = draw(st.binary(max_size=200))
    else:
        data = draw(st.text(max_size=60)).encode(draw(st.sampled_from(CODECS)), "ignore")
    mark = draw(st.sampled_from([b"", b"", *(mark for mark, _, _ in MARKED)]))
    data = mark + data * draw(st.sampled_from([1, 1, 1, 300]))
    cut = draw(st.integers(0, len(data)))
    return data[:cut] + draw(st.binary(max_size=2)) + data[cut + draw(st.integers(0, 3)) :]


@settings(deadline=None, max_examples=1000)
@given(hostile_bytes())
@example(codecs.BOM_UTF8 * 2 + b"ab")
@example(b"\xff\xfe\x00")
@example(b"\x00")
@example(b"+/v8-")
@example(b"\xed\xa0\x80")
@example(b"\x85")
@example(b"\xa0" * 16_385)
def test_any_bytes_give_a_text_or_one_sentence(data):
    try:
        decoded = decode_text(data)
    except TextError as error:
        assert str(error).startswith("`data` ")
        assert str(error).endswith(".")
        assert "\n" not in str(error)
        return
    assert decoded.text.strip()
    assert not {"\0", "\r", "\x85", "\u2028", "\u2029"} & set(decoded.text)
    assert decoded.digest == hashlib.sha256(decoded.text.encode()).hexdigest()
    assert check_text(decoded.text).text == decoded.text  # what was read can be pasted


PRINTED = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff\u2028\u2029"),
    min_size=1,
).filter(str.strip)


@settings(deadline=None)
@given(PRINTED, st.sampled_from(MARKED))
def test_reading_undoes_writing(text, marked):
    mark, codec, _ = marked
    assert decode_text(mark + text.encode(codec)).text == text
    if codec == "utf_8" and not text.startswith(("%PDF-", "GIF8", "{\\rtf")):
        assert decode_text(text.encode()).text == text
    assert check_text(text).text == text


@settings(deadline=None, max_examples=500)
@given(st.text(st.characters()))
def test_any_pasted_string_gives_a_text_or_one_sentence(text):
    try:
        decoded = check_text(text)
    except TextError as error:
        assert str(error).startswith("`text` ")
        return
    assert decoded.text.encode().decode() == decoded.text


FULL = 2_000_000


@pytest.mark.parametrize(
    "data",
    [
        LEGACY["cp1251"][0].encode("cp1251"),
        LEGACY["cp932"][0].encode("cp932"),
        b"\xe9\n",
        b"a\xff",
        bytes(range(160, 256)),
        b"a\r",
    ],
)
def test_two_megabytes_are_read_in_far_less_than_two_seconds(data):
    data = (data * (FULL // len(data) + 1))[:FULL]
    start = time.process_time()
    try:
        decode_text(data)
    except TextError:
        pass  # a refusal must be quick too
    assert time.process_time() - start < 1.5


@pytest.mark.parametrize(
    ("data", "findings"),
    [
        ("Hyvää päivää.".encode("cp1252"), ""),
        ("<html><body>Hyvää päivää".encode("cp1252"), "is a web page"),
        ("Hyvää päivää, tämä on yö. ".encode() * 9 + b"\xff", "1 place was not valid UTF-8"),
        (b"A plain text.", ""),
    ],
)
def test_what_was_found_is_apart_from_the_name_of_the_encoding(data, findings):
    text = decode_text(data)
    assert findings in text.findings
    assert bool(text.findings) == bool(findings)
    assert text.note.endswith(text.findings)
    assert "save it as UTF-8" not in text.findings


def test_how_much_was_read_is_a_finding_also_of_a_guess():
    data = ("Hyvää päivää, tämä on yö.\n" * 400).encode("cp1252")
    text = decode_text(data, limit=5000, cut=True)
    assert text.guessed
    assert text.findings.startswith("Only the first part of the file is read")
    named = "The file was read as Windows-1252"
    assert text.note.startswith(named)
