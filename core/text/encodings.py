"""The encodings that a text may be in, and what they are called."""

import codecs
from functools import cache

# Python's codec, its name for people, and how much less often texts are in it (in nats) than in
# the usual encoding of their language.
_TABLE: tuple[tuple[str, str, float], ...] = (
    ("cp1252", "Windows-1252 (Western European)", 0.0),
    ("iso8859_15", "ISO 8859-15 (Western European)", 0.02),
    ("mac_roman", "Mac Roman (Western European)", 0.15),
    ("cp850", "DOS 850 (Western European)", 0.2),
    ("cp437", "DOS 437 (Western European)", 0.3),
    ("cp1250", "Windows-1250 (Central European)", 0.15),
    ("iso8859_2", "ISO 8859-2 (Central European)", 0.16),
    ("cp852", "DOS 852 (Central European)", 0.2),
    ("mac_latin2", "Mac Central European", 0.2),
    ("iso8859_16", "ISO 8859-16 (Romanian)", 0.3),
    ("cp1251", "Windows-1251 (Cyrillic)", 0.0),
    ("koi8_r", "KOI8-R (Cyrillic)", 0.0),
    ("koi8_u", "KOI8-U (Ukrainian)", 0.05),
    ("iso8859_5", "ISO 8859-5 (Cyrillic)", 0.05),
    ("cp866", "DOS 866 (Cyrillic)", 0.05),
    ("cp855", "DOS 855 (Cyrillic)", 0.4),
    ("cp1125", "DOS 1125 (Ukrainian)", 0.1),
    ("mac_cyrillic", "Mac Cyrillic", 0.05),
    ("cp1253", "Windows-1253 (Greek)", 0.0),
    ("iso8859_7", "ISO 8859-7 (Greek)", 0.01),
    ("cp737", "DOS 737 (Greek)", 0.2),
    ("mac_greek", "Mac Greek", 0.3),
    ("cp1254", "Windows-1254 (Turkish)", 0.1),
    ("iso8859_9", "ISO 8859-9 (Turkish)", 0.11),
    ("cp857", "DOS 857 (Turkish)", 0.3),
    ("mac_turkish", "Mac Turkish", 0.4),
    ("cp1255", "Windows-1255 (Hebrew)", 0.0),
    ("iso8859_8", "ISO 8859-8 (Hebrew)", 0.01),
    ("cp862", "DOS 862 (Hebrew)", 0.2),
    ("cp1256", "Windows-1256 (Arabic)", 0.0),
    ("iso8859_6", "ISO 8859-6 (Arabic)", 0.01),
    ("cp720", "DOS 720 (Arabic)", 0.3),
    ("cp864", "DOS 864 (Arabic)", 0.5),
    ("cp1257", "Windows-1257 (Baltic)", 0.05),
    ("iso8859_13", "ISO 8859-13 (Baltic)", 0.06),
    ("iso8859_4", "ISO 8859-4 (Northern European)", 0.15),
    ("cp775", "DOS 775 (Baltic)", 0.2),
    ("iso8859_10", "ISO 8859-10 (Nordic)", 0.6),
    ("cp865", "DOS 865 (Nordic)", 0.3),
    ("cp861", "DOS 861 (Icelandic)", 0.4),
    ("mac_iceland", "Mac Icelandic", 0.3),
    ("cp1258", "Windows-1258 (Vietnamese)", 0.2),
    ("iso8859_3", "ISO 8859-3 (Maltese, Esperanto)", 0.4),
    ("iso8859_14", "ISO 8859-14 (Celtic)", 0.6),
    ("cp874", "Windows-874 (Thai)", 0.0),
    ("kz1048", "KZ-1048 (Kazakh)", 0.3),
    ("cp932", "Shift JIS (Japanese)", 0.0),
    ("euc_jis_2004", "EUC-JP (Japanese)", 0.0),
    ("gb18030", "GB 18030 (Simplified Chinese)", 0.0),
    ("big5hkscs", "Big5 (Traditional Chinese)", 0.0),
    ("cp949", "EUC-KR (Korean)", 0.0),
    ("johab", "Johab (Korean)", 0.3),
    ("iso2022_jp", "ISO-2022-JP (Japanese)", 0.0),
    ("iso2022_jp_2", "ISO-2022-JP-2 (Japanese)", 0.0),
    ("iso2022_jp_2004", "ISO-2022-JP-2004 (Japanese)", 0.0),
    ("iso2022_jp_ext", "ISO-2022-JP-EXT (Japanese)", 0.0),
    ("iso2022_kr", "ISO-2022-KR (Korean)", 0.0),
    ("hz", "HZ (Simplified Chinese)", 0.0),
    ("utf_8", "UTF-8", 0.0),
    ("utf_16_le", "UTF-16 (little endian)", 0.0),
    ("utf_16_be", "UTF-16 (big endian)", 0.0),
    ("utf_32_le", "UTF-32 (little endian)", 0.0),
    ("utf_32_be", "UTF-32 (big endian)", 0.0),
)
NAMES = {codec: name for codec, name, _ in _TABLE}
RARITY = {codec: rarity for codec, _, rarity in _TABLE}
# One encoding contains the other: what differs are C1 controls or rare characters.
_SUPERSETS = {
    "iso8859_1": "cp1252",
    "latin_1": "cp1252",
    "ascii": "utf_8",
    "utf_8_sig": "utf_8",
    "tis_620": "cp874",
    "iso8859_11": "cp874",
    "shift_jis": "cp932",
    "shift_jis_2004": "cp932",
    "shift_jisx0213": "cp932",
    "euc_jp": "euc_jis_2004",
    "euc_jisx0213": "euc_jis_2004",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "euc_kr": "cp949",
    "cp858": "cp850",
    "iso2022_jp_1": "iso2022_jp_ext",
    "iso2022_jp_3": "iso2022_jp_2004",
}


@cache
def _canonical() -> dict[str, str]:
    """From the name of a codec as `codecs.lookup` gives it to the key of `NAMES`."""
    known = {codec: codec for codec in NAMES} | _SUPERSETS
    return {codecs.lookup(codec).name: own for codec, own in known.items()}


def codec_of(encoding: str) -> str | None:
    """The key of `NAMES` for an encoding.

    Args:
        encoding: A key or a value of `NAMES`, or what Python or the web calls an encoding:
            "latin-1", "windows-1252", "Shift_JIS".

    Returns:
        The codec, that of the superset where there is one; None for an encoding not listed.
    """
    for codec, name in NAMES.items():
        if encoding in (codec, name):
            return codec
    if len(encoding) > 40 or not encoding.isascii() or not encoding.isprintable():
        return None
    try:
        return _canonical().get(codecs.lookup(encoding).name)
    except LookupError:
        return None
