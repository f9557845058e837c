"""What a query may return and touch: columns, values, temporary files, functions, names."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from waypost.warehouse import Database, QueryError, QueryResult, query
from waypost.warehouse.names import folded
from waypost.warehouse.query import QueryLimits

OPEN = frozenset({"notes", "ÉTUDES", "wide", "numbers"})


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("limits") / "foreign.sqlite"
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT, scan BLOB)")
        rows: list[Any] = [
            (1, "short", b"\1\2\3"),
            (2, "long " * 300_000, bytes(2_345_678)),
            (3, '{"tags": ["red", "blue"], "size": 4}', None),
        ]
        db.executemany("INSERT INTO notes VALUES (?, ?, ?)", rows)
        db.execute("INSERT INTO notes VALUES (4, CAST(x'42E942' AS TEXT), NULL)")
        db.execute("CREATE TABLE numbers (n INTEGER)")
        db.executemany("INSERT INTO numbers VALUES (?)", ((n,) for n in range(2_000)))
        db.execute("CREATE TABLE ÉTUDES (title TEXT)")
        db.execute("INSERT INTO ÉTUDES VALUES ('open')")
        db.execute("CREATE TABLE éTUDES (title TEXT)")
        db.execute("INSERT INTO éTUDES VALUES ('hidden'), ('hidden')")
        db.execute("CREATE TABLE Çredits (n INTEGER)")
        db.execute(f"CREATE TABLE wide ({', '.join(f'c{n}' for n in range(260))})")
        db.execute("INSERT INTO wide (c0, c259) VALUES ('first', 'last')")
    db.close()
    return file


@pytest.fixture
def foreign(path: Path, tmp_path: Path) -> Database:
    return Database(path, OPEN, QueryLimits(rows=5, seconds=20), tmp_path)


async def refused(database: Database, sql: str) -> str:
    with pytest.raises(QueryError) as error:
        await database.query(sql)
    return error.value.code


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM wide",
        "SELECT " + ", ".join(f"printf('%.700000c', 'm') AS c{n}" for n in range(201)),
        "SELECT c1 FROM (SELECT * FROM wide)",
    ],
)
async def test_two_hundred_columns_are_the_limit(foreign: Database, sql: str) -> None:
    assert await refused(foreign, sql) == "too_large"


async def test_a_wide_table_can_be_asked_for_some_columns(foreign: Database) -> None:
    assert (await foreign.query("SELECT c259, c0 FROM wide")).rows == [["last", "first"]]
    columns = ", ".join(f"c{n}" for n in range(200))
    assert len((await foreign.query(f"SELECT {columns} FROM wide")).columns) == 200


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT n, printf('%.800000c', 'u') || n AS v FROM numbers ORDER BY v DESC",
        "SELECT DISTINCT printf('%.800000c', 'u') || n AS v FROM numbers ORDER BY v",
        "SELECT group_concat(printf('%.800000c', 'u')) FROM numbers",
    ],
)
async def test_space_for_sorting_and_joining_texts_is_bounded(foreign: Database, sql: str) -> None:
    assert await refused(foreign, sql) == "too_large"


async def test_a_large_value_is_shown_by_its_beginning_or_its_size(foreign: Database) -> None:
    result = await foreign.query("SELECT * FROM notes WHERE id <= 2 ORDER BY id")
    assert result.truncated
    assert result.rows[0] == [1, "short", "<3 bytes>"]
    number, text, size = result.rows[1]
    assert (number, size) == (2, "<2345678 bytes>")
    assert text == ("long " * 300_000)[: query.MAX_VALUE_CHARACTERS - 1] + "…"


async def test_small_values_do_not_make_a_result_truncated(foreign: Database) -> None:
    result = await foreign.query("SELECT body, scan FROM notes WHERE id = 1")
    assert result == QueryResult(["body", "scan"], [["short", "<3 bytes>"]], truncated=False)


async def test_a_row_of_many_long_texts_is_shown_in_part(foreign: Database) -> None:
    result = await foreign.query("SELECT body, body, body, body FROM notes WHERE id = 2")
    assert result.truncated
    assert [len(text) for text in result.rows[0]] == [query.MAX_RESULT_CHARACTERS // 4] * 4


async def test_a_text_that_is_no_utf_8_is_read(foreign: Database) -> None:
    assert (await foreign.query("SELECT body FROM notes WHERE id = 4")).rows == [["B\ufffdB"]]


async def test_half_a_surrogate_pair_is_no_error(foreign: Database) -> None:
    assert (await foreign.query("SELECT 'a\ud83d'")).rows == [["a?"]]


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT json_extract(body, '$.size') FROM notes WHERE id = 3", [[4]]),
        ("SELECT body ->> '$.tags[1]' FROM notes WHERE id = 3", [["blue"]]),
        ("SELECT body -> 'tags' FROM notes WHERE id = 3", [['["red","blue"]']]),
        ("SELECT json_array_length(body, '$.tags') FROM notes WHERE id = 3", [[2]]),
        (
            "SELECT value FROM notes, json_each(body, '$.tags') WHERE notes.id = 3",
            [["red"], ["blue"]],
        ),
        ("SELECT count(*) FROM JSON_TREE('[1, [2]]')", [[4]]),
        ("SELECT length(current_date), length(CURRENT_TIMESTAMP)", [[10, 19]]),
        ("SELECT typeof(random())", [["integer"]]),
        ("SELECT char(65, 66), unlikely(1), max(likely(2), 1)", [["AB", 1, 2]]),
    ],
)
async def test_harmless_functions_are_allowed(
    foreign: Database, sql: str, rows: list[list[Any]]
) -> None:
    assert (await foreign.query(sql)).rows == rows


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT * FROM pragma_table_xinfo('notes')", "not_a_select"),
        ("SELECT * FROM json_each('[1]'), pragma_table_list", "not_a_select"),
        ("SELECT zeroblob(10)", "function_refused"),
        ("SELECT count(*) FROM éTUDES", "table_refused"),
        ("SELECT title FROM éTUDES", "table_refused"),
        ("SELECT count(*) FROM ÇREDITS", "table_refused"),
        ("SELECT count(*) FROM çredits", "sql_error"),
    ],
)
async def test_others_and_hidden_tables_are_not(foreign: Database, sql: str, code: str) -> None:
    assert await refused(foreign, sql) == code


async def test_tables_whose_names_differ_outside_ascii_are_two(foreign: Database) -> None:
    assert (await foreign.query("SELECT title FROM Études")).rows == [["open"]]
    assert [t.name for t in await foreign.tables()] == ["notes", "numbers", "ÉTUDES", "wide"]


async def test_a_table_of_the_name_of_a_function_is_hidden_like_others(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.sqlite") as db:
        db.execute("CREATE TABLE json_each (v TEXT)")
        db.execute("CREATE TABLE seen (v TEXT)")
    db.close()
    limits = QueryLimits(rows=5, seconds=5)
    database = Database(tmp_path / "x.sqlite", frozenset({"seen"}), limits, tmp_path)
    assert await refused(database, "SELECT v FROM json_each") == "table_refused"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("Straße_A", "stra\u00dfe_a", True), ("Ñ", "ñ", False), ("K", "\u212a", False)],
)
def test_names_are_folded_as_sqlite_folds_them(one: str, other: str, same: bool) -> None:
    db = sqlite3.connect(":memory:")
    ((equal,),) = db.execute("SELECT ? = ? COLLATE NOCASE", (one, other))
    db.close()
    assert (folded(one) == folded(other)) == bool(equal) == same
