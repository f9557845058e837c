"""Files in the encodings that people have, read as what they say."""

import codecs

import pytest

from waypost.knowledge.decoding import decoded

FRENCH = "Le café ouvre à sept heures. Où déjeuner ? À côté, chez Hélène."
SPANISH = "El señor Núñez llegará mañana. ¿Dónde está el baño?"
ENGLISH = "The landlord\u2019s \u201cquiet hours\u201d \u2013 from ten \u2013 cost \u20ac20."
POLISH = "Klucze są w szufladzie. Proszę zamknąć wszystkie okna i wyłączyć światło."
RUSSIAN = "Ключи лежат в ящике стола. Пожалуйста, закройте все окна."
JAPANESE = "鍵は机の引き出しにあります。帰るときは窓を閉めてください。"
CHINESE = "钥匙在抽屉里。离开时请关好所有窗户。"
TAIWANESE = "鑰匙在抽屜裡。離開時請關好所有窗戶。"
KOREAN = "열쇠는 서랍에 있습니다. 나갈 때 창문을 모두 닫아 주세요."
THAI = "กุญแจอยู่ในลิ้นชัก กรุณาปิดหน้าต่างทุกบานก่อนกลับ"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "utf-8"),
        (FRENCH, "utf-8-sig"),
        (FRENCH, "cp1252"),
        (SPANISH, "cp1252"),
        (ENGLISH, "cp1252"),
        (POLISH, "cp1250"),
        (POLISH, "iso8859_2"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"),
        (RUSSIAN, "cp866"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "iso2022_jp"),
        (CHINESE, "gb18030"),
        (TAIWANESE, "big5"),
        (KOREAN, "euc_kr"),
        (KOREAN, "iso2022_kr"),
        (THAI, "cp874"),
        *((text, "utf-16") for text in (ENGLISH, JAPANESE)),
        *((text, "utf-16-le") for text in (ENGLISH, RUSSIAN, JAPANESE)),
        *((text, "utf-16-be") for text in (ENGLISH, RUSSIAN, JAPANESE)),
        *((text, "utf-32") for text in (ENGLISH, JAPANESE)),
    ],
)
@pytest.mark.parametrize("times", [1, 300])
def test_text_is_read_in_its_encoding(text: str, encoding: str, times: int) -> None:
    found = decoded((text * times).encode(encoding))
    assert found is not None
    assert found.text == text * times


def test_a_big_endian_byte_order_mark_is_no_part_of_the_text() -> None:
    found = decoded(codecs.BOM_UTF16_BE + "Grüße".encode("utf-16-be"))
    assert found is not None
    assert found.text == "Grüße"


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_lines_end_with_line_feeds(line_end: str) -> None:
    found = decoded(line_end.join(["# One", "", "two"]).encode())
    assert found is not None
    assert found.text == "# One\n\ntwo"


def test_a_damaged_end_does_not_change_the_encoding() -> None:
    found = decoded((THAI * 3).encode()[:-1])
    assert found is not None
    assert found.text.startswith(THAI)
    assert found.encoding == "utf-8 with errors"


def test_colours_of_a_log_are_left_out() -> None:
    found = decoded(b"\x1b[32mstarted\x1b[0m the pump after a long night without any trouble\n" * 9)
    assert found is not None
    assert "\x1b" not in found.text


@pytest.mark.parametrize(
    "data",
    [
        b"\x7fELF\x02\x01\x01" + bytes(200),
        b"GIF89a" + bytes(range(256)) * 4,
        b"PK\x03\x04" + bytes(range(255, 0, -1)) * 8,
        codecs.BOM_UTF16_LE + b"\x00\xd8",
    ],
)
def test_binary_files_are_no_text(data: bytes) -> None:
    assert decoded(data) is None


def test_an_empty_file_is_text() -> None:
    found = decoded(b"")
    assert found is not None
    assert found.text == ""
