"""The text of a file, in whatever encoding it is."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from charset_normalizer import CharsetMatch, from_bytes

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ["utf_16_le", "utf_16_be", "utf_32_le", "utf_32_be"]
_NARROW = [
    *("cp1252", "cp1250", "cp1251", "koi8_r", "iso8859_2"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949", "cp874"),
    *("cp1253", "cp1254", "cp1255", "cp1256"),
    *("cp866", "iso8859_5", "mac_cyrillic"),
]
"""What files are in, the most frequent first; where several fit as well, the first is it."""
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_MAX_CONTROLS = 0.02
"""Of the characters of a text."""
_THRESHOLD = 0.5
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_HIRAGANA = re.compile("[\u3041-\u3096]")
_MIN_HIRAGANA = 0.15
"""Of what is not ASCII in Japanese prose; other languages have none, however they are misread."""
_SIGN_IN_WORD = re.compile(r"[^\W\d_][\xa1-\xb6\xb8-\xbf\xd7\xf7\u2020-\u2022][^\W\d_]")
_SIGNS_PER_ERROR = 10


@dataclass(frozen=True)
class DecodedText:
    text: str
    encoding: str


def decoded(data: bytes) -> DecodedText | None:
    """A file's text with line feeds between its lines; None where the file is no text."""
    for found in _readings(data):
        text, controls = _CONTROLS.subn("", _COLOURS.sub("", found.text))
        if controls <= len(found.text) * _MAX_CONTROLS:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
            return DecodedText(text, found.encoding)
    return None


def _readings(data: bytes) -> Iterator[DecodedText]:
    """What the bytes may say, the likeliest first."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            yield from _strictly(data, encoding)
    if b"\x1b$" in data:
        for encoding in ("iso2022_jp", "iso2022_kr"):
            yield from _strictly(data, encoding)
    yield from _strictly(data, "utf-8")
    if b"\0" in data:
        yield from _guessed(data, _WIDE)
    else:
        yield from _mostly_utf8(data)
        yield from _japanese(data)
        yield from _guessed(data, [*_NARROW, *_WIDE])


def _strictly(data: bytes, encoding: str) -> Iterator[DecodedText]:
    try:
        yield DecodedText(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        return


def _mostly_utf8(data: bytes) -> Iterator[DecodedText]:
    """A file of which some bytes are damaged, such as its end."""
    text = data.decode("utf-8", errors="replace")
    errors = text.count("\ufffd")
    if _non_ascii(text) > errors * _SIGNS_PER_ERROR:
        yield DecodedText(text, "utf-8 with errors")


def _japanese(data: bytes) -> Iterator[DecodedText]:
    for encoding in ("cp932", "euc_jp"):
        for found in _strictly(data, encoding):
            if len(_HIRAGANA.findall(found.text)) > _MIN_HIRAGANA * _non_ascii(found.text):
                yield found


def _guessed(data: bytes, encodings: list[str]) -> Iterator[DecodedText]:
    def unlikelihood(match: CharsetMatch) -> tuple[float, ...]:
        odd = len(_SIGN_IN_WORD.findall(str(match)))
        return odd, match.chaos, -match.coherence, encodings.index(_name(match, encodings))

    # An encoding that seems unlikely makes those like it be passed over, hence the threshold.
    matches = from_bytes(data, cp_isolation=encodings, threshold=_THRESHOLD)
    for match in sorted(matches, key=unlikelihood):
        yield from _strictly(data, _name(match, encodings))


def _name(match: CharsetMatch, encodings: list[str]) -> str:
    """The most frequent of the encodings in which the bytes say the same."""
    same = {match.encoding, *match.could_be_from_charset}
    return next(encoding for encoding in encodings if encoding in same)


def _non_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))
