"""Inputs of 300 kB made to take long: each repeats one fragment that some parser might dwell on."""

import io
import struct
import zipfile

from tests.checkpoint_files import HOOKS, OLD, STORAGE, TENSOR, joined, with_pickle

SIZE = 300_000
"""bytes"""


def filled(fragment: bytes, before: bytes = b"", after: bytes = b"", size: int = SIZE) -> bytes:
    """The fragment as often as it fits between the two."""
    return before + fragment * ((size - len(before) - len(after)) // len(fragment)) + after


def text(fragment: str, before: str = "", after: str = "", size: int = SIZE) -> str:
    """A text of so many bytes in UTF-8 that repeats a fragment."""
    parts = (part.encode("utf_8", "surrogatepass") for part in (fragment, before, after))
    return filled(*parts, size).decode("utf_8", "surrogatepass")


TEXTS = {
    "a letter": "a",
    "a capital": "İ",  # two code points in lower case
    "capital sigma": "Σ",
    "sigma and what is no letter": "Σ'\u0301",
    "spaces": " ",
    "line ends": "\n",
    "two line ends": "\r\n",
    "old line ends": "\r",
    "all line ends": "\r\n\n\r\x85\u2028\u2029",
    "tabs": "\t",
    "flags": "🇩🇪",
    "half flags": "🇩",
    "flags with marks": "🇩🇪\u0301🇩",
    "families": "👩\u200d",
    "joiners": "\u200d",
    "non-joiners between letters": "ب\u200c",
    "modifiers": "👍🏽",
    "variation selectors": "☀\ufe0f",
    "tags": "🏴\U000e0067\U000e007f",
    "marks": "\u0301",
    "marks on a letter": "e\u0301\u0302",
    "Hangul leading": "\u1100",
    "Hangul vowels": "\u1161",
    "Hangul trailing": "\u11a8",
    "Hangul syllables": "각",
    "Devanagari": "क्ष",
    "viramas": "\u094d",
    "prepended": "\u0600",
    "right to left": "\u202eא",
    "isolates": "\u2066",
    "quotation marks": '"',
    "open brackets": "([{“«",
    "closed brackets": ")]}”»",
    "backslashes": "\\",
    "escapes": '\\"',
    "angle brackets": "<",
    "unknown tokens": "<unk>",
    "formulas": "=1+",
    "Chinese": "水",
    "beyond the first plane": "𝔸",
    "replacement": "\ufffd",
    "byte order marks": "\ufeff",
    "words": "ab ",
    "digits": "1",
    "Thue and Morse": "abbabaabbaababba",
}

BYTES = {
    "high bytes": b"\xff",
    "continuations": b"\x80",
    "leads": b"\xe2",
    "overlong": b"\xc0\x80",
    "surrogates": b"\xed\xa0\x80",
    "Shift JIS leads": b"\x81",
    "two bytes": b"\xa4\xa2",
    "four bytes of GB 18030": b"\x81\x30\x81\x30",
    "Windows-1252": b"caf\xe9 ",
    "Cyrillic": b"\xef\xf0\xe8\xe2\xe5\xf2 ",
    "all high bytes": bytes(range(0xA0, 0x100)),
    "escapes of ISO 2022": b"\x1b$B",
    "UTF-7": b"+AGE-",
    "lines of high bytes": b"\xe4\n",
    "NULs": b"\0",
    "controls": b"\x01",
}
MARKS = {
    "none": b"",
    "UTF-8": b"\xef\xbb\xbf",
    "UTF-16": b"\xff\xfe",
    "UTF-16, big": b"\xfe\xff",
    "UTF-32": b"\xff\xfe\0\0",
}
MARKED = {
    "high halves": b"\xd8\xd8",
    "low halves": b"\xdc\xdc",
    "pairs": "😀".encode("utf_16_le"),
    "letters": "ab".encode("utf_16_le"),
    "no characters": b"\xff",
}

JSON = {
    "a string without an end": (b'{"', b'\\"', b""),
    "backslashes without an end": (b'{"', b"\\", b""),
    "an odd backslash": (b'{"', b'\\"', b"\\"),
    "a long string": (b'{"', b"a", b'":1}'),
    "quotation marks": (b"{", b'"', b'"'),
    "empty strings": (b'{"a":[""', b',""', b"]}"),
    "commas": (b"{", b",", b""),
    "spaces": (b"{", b" ", b"}"),
    "lists": (b'{"a":', b"[", b""),
    "lists that end": (b'{"a":[[]', b",[]", b"]}"),
    "objects": (b"", b'{"a":', b""),
    "objects that end": (b'{"a":[1', b',{"":0}', b"]}"),
    "digits": (b'{"a":', b"9", b"}"),
    "decimals": (b'{"a":0.', b"9", b"}"),
    "exponent": (b'{"a":1e', b"0", b"}"),
    "numbers": (b'{"a":[1', b",1", b"]}"),
    "minus": (b'{"a":', b"-", b"}"),
    "true": (b'{"a":[1', b",true", b"]}"),
    "half pairs": (b'{"a":"', b"\\ud800", b'"}'),
    "pairs": (b'{"a":"', b"\\ud83d\\ude00", b'"}'),
    "one key": (b'{"a":1', b',"a":1', b"}"),
    "long shape": (b'{"a":{"dtype":"F32","data_offsets":[0,4],"shape":[9', b",9", b"]}}"),
    "brackets in a string": (b'{"', b"[{", b""),
    "no UTF-8": (b"{", b"\xff", b"}"),
}

PICKLES = {
    "marks": (b"", b"("),
    "marks that end": (b"", b"(t"),
    "lists": (b"", b"]"),
    "dicts": (b"", b"}"),
    "tuples": (b"", b")"),
    "nested tuples": (b"K\1", b"\x85"),
    "nested pairs": (b"N", b"N\x86"),
    "doubled tuples": (b"Nq\0", b"h\0h\0\x86q\0"),
    "doubled lists": (b"]q\0", b"h\0a"),
    "lists in lists": (b"]q\0(", b"h\0"),
    "none": (b"", b"N"),
    "numbers": (b"", b"K\1"),
    "long numbers": (b"", b"\x8a\xff" + b"\x7f" * 255),
    "kept": (b"N", b"q\0"),
    "kept at many places": (b"N", b"r" + b"\xff\xff\xff\x7f"),
    "recalled": (b"Nq\0", b"h\0"),
    "dict recalled": (b"}q\0", b"h\0"),
    "short names": (b"", b"ctorch\nFloatStorage\n"),
    "a name without an end": (b"c", b"a"),
    "hooks": (b"", HOOKS),
    "storages": (b"", STORAGE),
    "one tensor again": (
        TENSOR + b"q\0" + STORAGE + b"q\1" + HOOKS + b"q\2",
        b"h\0(h\1K\0K\2K\2\x86K\2K\1\x86\x89h\2tR",
    ),
    "texts": (b"", b"X\1\0\0\0a"),
    "a text beyond the end": (b"", b"X\xff\xff\xff\x7f"),
    "filled dict": (b"}(", b"K\1K\1"),
    "filled dict often": (b"}", b"K\1K\1s"),
    "appended": (b"]", b"K\1a"),
    "empty state": (HOOKS, b"}b"),
    "stops": (b"", b"."),
    "protocols": (b"", b"\x80\2"),
    "unknown": (b"", b"\xff"),
}


def long_shape() -> bytes:
    """A tensor of 140,000 axes, each a number of 2,000 bits."""
    number = b"\x8a\xff" + b"\x7f" * 255 + b"q\0"
    shape = b"(" + b"h\0" * 70_000 + b"tq\1"
    made = TENSOR + b"(" + STORAGE + b"K\0h\1h\1\x89" + HOOKS + b"tR"
    return with_pickle(b"\x80\x02" + number + shape + made + b".")


def long_keys() -> bytes:
    """One long key in many dicts."""
    key = b"X" + struct.pack("<I", 100_000) + b"k" * 100_000 + b"q\0"
    inner = b"".join(b"M" + struct.pack("<H", n) + b"}h\0Ns" for n in range(18_000))
    return with_pickle(b"\x80\x02" + key + b"}(" + inner + b"u.")


def one_vocabulary_many_times() -> bytes:
    """A list of 20,000 tokens under many names that vocabularies have."""
    tokens = b"".join(b"X" + struct.pack("<I", 1) + b"a" for _ in range(20_000))
    names = b"".join(b"X" + struct.pack("<I", 8) + b"vocab%03x" % n + b"h\0" for n in range(4_000))
    return with_pickle(
        b"\x80\x02}(X" + struct.pack("<I", 1) + b"v](" + tokens + b"eq\0" + names + b"u."
    )


def archive(names: list[str], extra: bytes = b"", data: bytes = b"") -> bytes:
    """A zip archive with a list of tensors and these entries."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as written:
        for name in ["a/data.pkl", *names]:
            entry = zipfile.ZipInfo(name)
            entry.extra = extra
            written.writestr(entry, b"\x80\x02}." if name.endswith("pkl") else data)
    return stream.getvalue()


def layers(count: int = 900) -> bytes:
    """Many recurrent modules that all lack 98 layers."""
    header, place = {}, 0
    for module in range(count):
        for name in ("weight_ih_l0", "weight_hh_l0", "weight_ih_l99_reverse"):
            header[f"{module}.{name}"] = {
                "dtype": "F32", "shape": [1, 1], "data_offsets": [place, place + 4],
            }  # fmt: skip
            place += 4
    return joined(header, bytes(place))


def tensors(name: str, count: int, rows: int = 1) -> bytes:
    """Many tensors of so many rows."""
    size = 4 * rows
    header = {
        name.format(n): {
            "dtype": "F32", "shape": [rows, 1], "data_offsets": [n * size, n * size + size],
        }
        for n in range(count)
    }  # fmt: skip
    return joined(header, bytes(size * count))


def checkpoints() -> dict[str, bytes]:
    """Files of every kind, by what is hostile in them."""
    found = {
        f"header: {name}": joined(filled(inner, before, after, SIZE - 8), b"")
        for name, (before, inner, after) in JSON.items()
    }
    for name, (before, inner, after) in JSON.items():
        record = filled(inner, before, after, SIZE // 3).decode("utf_8", "ignore")
        found[f"record: {name}"] = joined({"__metadata__": {"unrolled": record}}, b"")
    for name, (before, inner) in PICKLES.items():
        pickled = filled(inner, b"\x80\x02" + before, b"", SIZE - 1_000)
        found[f"zip: {name}"] = with_pickle(pickled + b".")
        found[f"old: {name}"] = OLD[:15] + pickled
    found |= {
        "a long shape": long_shape(),
        "long keys": long_keys(),
        "one vocabulary many times": one_vocabulary_many_times(),
        "entries": archive([f"a/data/{n}" for n in range(2_300)]),
        "entries of one name": archive(["a/data/0"] * 2_300),
        "extra fields": archive(["a/data/0", "a/data/1"], b"\xfe\xca\0\0" * 12_000),
        "signatures of entries": filled(b"PK\1\2", b"PK\3\4"),
        "signatures of files": filled(b"PK\3\4"),
        "ends of archives": filled(b"PK\5\6", b"PK\3\4"),
        "zip64": filled(b"PK\6\7", b"PK\3\4", b"PK\5\6" + bytes(18)),
        "pickle in no file": filled(b"(", b"\x80\x02"),
        "many layers": layers(),
        "many names": tensors("{}.weight", 3_000),
        "dots": tensors("." * 150 + "{}weight_ih_l", 1_000),
        "heads": tensors("{}.weight", 3_000, 2),
        "nothing": b"",
        "NULs": bytes(SIZE),
    }
    return found


def vocabularies() -> dict[str, str]:
    """Lists of tokens of every form, by what is hostile in them."""
    collide = 2**61 - 1  # Python's hash of a number is the remainder of a division by it
    first = "".join(map(chr, range(0x4E00, 0x9FFF)))
    found = {f"lines: {name}": text(fragment) for name, fragment in TEXTS.items()}
    found |= {
        f"JSON: {name}": filled(inner, before, after).decode("utf_8", "ignore")
        for name, (before, inner, after) in JSON.items()
    }
    found |= {
        "a list": text(',"a"', '["a"', "]"),
        "brackets in lines": text("[\n"),
        "a repeated line at the end": "\n".join([*first, *map(str, range(32_000)), "0"]),
        "colliding numbers": text_of_pairs(n * collide for n in range(9_600)),
        "huge numbers": text_of_pairs((n + 1) * 10**4_000 for n in range(70)),
    }
    return found


def text_of_pairs(numbers) -> str:
    """A JSON object of token to number."""
    return "{" + ",".join(f'"{n}":{number}' for n, number in enumerate(numbers)) + "}"
