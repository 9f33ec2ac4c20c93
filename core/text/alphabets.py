"""The letters beyond a to z that languages are written with: what a wrong encoding mixes up."""

from collections import Counter

_LATIN = {
    "Afrikaans": "áèéêëîïôöûú",
    "Albanian": "çë",
    "Catalan": "àçèéíïòóúü·",
    "Croatian, Slovene, Serbian": "čćđšžàèéêô",
    "Czech": "áčďéěíňóřšťúůýžöü",
    "Danish, Norwegian": "æøåéèêóòôäöü",
    "Dutch": "áäèéêëíïóöúüĳ",
    "English": "àâäçèéêëïñôöü",
    "Esperanto": "ĉĝĥĵŝŭ",
    "Estonian": "äõöüšžå",
    "Faroese": "áðíóúýæø",
    "Finnish": "äöåšžéü",
    "French": "àâæçèéêëîïôœùûüÿñ",
    "German": "äöüßéèàêç",
    "Hungarian": "áéíóöőúüűä",
    "Icelandic": "áðéíóúýþæö",
    "Irish": "áéíóúḃċḋḟġṁṗṡṫ",
    "Italian": "àèéìíîòóùú",
    "Latvian": "āčēģīķļņšūžōŗ",
    "Lithuanian": "ąčęėįšųūž",
    "Maltese": "ċġħżàèìòù",
    "Polish": "ąćęłńóśźżéöü",
    "Portuguese": "àáâãçéêíóôõúüò",
    "Romanian": "ăâîșțşţéö",
    "Sami": "áčđŋšŧžåäöæø",
    "Slovak": "áäčďéíĺľňóôŕšťúýžöü",
    "Spanish": "áéíñóúüçª",
    "Swedish": "åäöéàüáèæø",
    "Turkish, Azerbaijani": "çğıöşüâîûəé\u0307",
    "Vietnamese": "àáâãèéêìíòóôõùúýăđĩũơư\u0300\u0301\u0303\u0309\u0323",
    "Welsh": "âêîôûŵŷäëïöüáéèàìòùẁ",
}
_CYRILLIC = {
    "Belarusian": "абвгдеёжзійклмнопрстуўфхцчшыьэюяґ",
    "Bulgarian": "абвгдежзийклмнопрстуфхцчшщъьюяѝѐ",
    "Kazakh": "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя",
    "Macedonian": "абвгдѓежзѕијклљмнњопрстќуфхцчџшѐѝ",
    "Russian": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "Serbian": "абвгдђежзијклљмнњопрстћуфхцчџш",
    "Ukrainian": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
}
ALPHABETS = tuple(frozenset(alphabet) for alphabet in (*_LATIN.values(), *_CYRILLIC.values()))
_LISTED = frozenset().union(*ALPHABETS)


def strangers(text: str) -> int:
    """How many letters beyond a to z the best fitting language does not have.

    Args:
        text: Any text.

    Returns:
        The least count over the languages listed; Latin and Cyrillic letters are counted, those of
        other scripts are not.
    """
    counts = Counter(letter for letter in text.lower() if _is_counted(letter))
    every = sum(counts.values())
    return every - max(sum(counts[letter] for letter in own) for own in ALPHABETS)


def _is_counted(letter: str) -> bool:
    """Whether it is a Latin or Cyrillic letter that not every language has."""
    return (
        letter in _LISTED
        or ("\u00c0" <= letter < "\u0370" and letter.isalpha())
        or ("\u0400" <= letter < "\u0530" or "\u1e00" <= letter < "\u1f00")
    )
