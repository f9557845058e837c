"""Databases as others leave them: unreadable objects, odd columns, many tables, many rows."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from waypost.warehouse import Database, learned
from waypost.warehouse.query import QueryLimits
from waypost.warehouse.schema import MAX_SUMMARY_CHARACTERS

Open = Callable[..., Database]
LIMITS = QueryLimits(rows=10, seconds=5)


@pytest.fixture
def build(tmp_path: Path) -> Open:
    """Builds a database from statements, with all its tables open."""

    def built(*statements: str) -> Database:
        with sqlite3.connect(tmp_path / "foreign.sqlite") as db:
            db.create_collation("PHONEBOOK", lambda a, b: (a > b) - (a < b))
            for statement in statements:
                db.execute(statement)
        db.close()
        return opened(tmp_path)

    return built


def opened(folder: Path, tables: frozenset[str] = frozenset({"*"})) -> Database:
    cache = folder / "cache"
    cache.mkdir(exist_ok=True)
    return Database(folder / "foreign.sqlite", tables, LIMITS, cache)


async def test_what_cannot_be_read_is_left_out_and_named(build: Open) -> None:
    database = build(
        "CREATE TABLE ports (id INTEGER PRIMARY KEY, name TEXT)",
        "CREATE TABLE ferries (id INTEGER PRIMARY KEY, owner TEXT COLLATE PHONEBOOK, name TEXT)",
        "CREATE TABLE gone (n INTEGER)",
        "CREATE VIEW arrivals AS SELECT * FROM gone",
        "CREATE VIEW scores AS SELECT soundslike(name) FROM ports",
        "DROP TABLE gone",
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_master VALUES ('table', 'regions', 'regions', 0, "
        "'CREATE VIRTUAL TABLE regions USING spatial(shape)')",
        "INSERT INTO ports VALUES (1, 'Calais')",
    )
    assert [t.name for t in await database.tables()] == ["ports", "ferries"]
    left_out = [
        "ferries.owner: no such collation sequence: PHONEBOOK",
        "arrivals: no such table: main.gone",
        "scores: no such function: soundslike",
        "regions: no such module: spatial",
    ]
    assert await database.left_out() == left_out
    lines = (await database.schema()).splitlines()
    assert lines[-4:] == [f"-- left out: {one}" for one in left_out]
    assert (await database.query("SELECT count(*) FROM ports")).rows == [[1]]
    assert (await database.query("SELECT name FROM ferries")).rows == []


async def test_generated_columns_are_described_and_hidden_ones_are_not(build: Open) -> None:
    database = build(
        "CREATE TABLE parcels (grams INTEGER, kilos REAL AS (grams / 1000.0), "
        "label TEXT GENERATED ALWAYS AS ('P' || grams) STORED)",
        "INSERT INTO parcels VALUES (2500)",
        "CREATE VIRTUAL TABLE letters USING fts5(body)",
    )
    parcels, letters, *_ = await database.tables()
    assert [c.name for c in parcels.columns] == ["grams", "kilos", "label"]
    assert [c.name for c in letters.columns] == ["body"]
    assert await database.mentioned("Where is P2500?") == ["parcels.label: 'P2500'"]


async def test_the_tables_that_a_question_is_about_are_whole_and_others_named(build: Open) -> None:
    columns = ", ".join(f"measurement_of_sensor_{n} REAL" for n in range(24))
    database = build(
        *(f"CREATE TABLE log_{n:03} (id INTEGER PRIMARY KEY, {columns})" for n in range(200)),
        "CREATE TABLE harbours (id INTEGER PRIMARY KEY, town TEXT)",
        "CREATE TABLE sailors (id INTEGER PRIMARY KEY, "
        "harbour_id INTEGER REFERENCES harbours, rank TEXT)",
        "CREATE TABLE crates (id INTEGER PRIMARY KEY, content TEXT)",
        "INSERT INTO sailors VALUES (1, NULL, 'bosun')",
        "INSERT INTO crates VALUES (1, 'Lemons')",
    )
    text = await database.schema("Which sailor ate the Lemons?")
    assert len(text) <= 40_000
    assert "CREATE TABLE sailors (\n  id INTEGER PRIMARY KEY,\n" in text
    assert "  rank TEXT -- 1 distinct: 'bosun'\n);  -- 1 rows" in text
    assert "CREATE TABLE harbours (" in text, "a sailor refers to it"
    assert "  content TEXT -- 1 distinct: 'Lemons'\n" in text
    whole = [name for name in names_of(text, "CREATE TABLE ") if name.startswith("log_")]
    *_, note = text.splitlines()
    named = note.removeprefix("-- tables without their columns: ").split(", ")
    assert sorted([*whole, *named]) == [f"log_{n:03}" for n in range(200)]
    assert text.count("measurement_of_sensor_23 REAL\n);") == len(whole), "none is cut"
    assert text == await database.schema("Which sailor ate the Lemons?")
    assert "CREATE TABLE log_150 (" in await database.schema("What does log 150 say?")


def names_of(text: str, start: str) -> list[str]:
    lines = (line for line in text.splitlines() if line.startswith(start))
    return [line.removeprefix(start).split()[0] for line in lines]


async def test_a_table_of_very_many_columns_is_described_in_part(build: Open) -> None:
    columns = ", ".join(f"a_rather_long_name_for_a_column_{n} TEXT" for n in range(1_500))
    text = await build(f"CREATE TABLE sheet ({columns})").schema("sheet")
    assert len(text) <= 40_000
    assert text.endswith("  -- and 1100 more columns\n);  -- 0 rows")


async def test_a_table_of_very_long_names_is_described_in_part(build: Open) -> None:
    columns = ", ".join(f"{'very_' * 20}long_name_{n} TEXT" for n in range(390))
    text = await build(f"CREATE TABLE sheet ({columns})").schema("sheet")
    assert text.startswith("CREATE TABLE sheet (\n  very_very_")
    assert text.endswith("  -- and 290 more columns\n);  -- 0 rows")


async def test_the_summary_says_how_much_more_there_is(build: Open) -> None:
    some = build(
        *(f"CREATE TABLE t{n} ({', '.join(f'column_{n}_{i}' for i in range(40))})" for n in "abc")
    )
    lines = (await some.summary()).splitlines()
    shown = [line.partition(": ")[2].split(" and ") for line in lines]
    assert len("\n".join(lines)) <= MAX_SUMMARY_CHARACTERS
    assert [table for table, _, _ in (line.partition(":") for line in lines)] == ["ta", "tb", "tc"]
    for (names, *more), letter in zip(shown, "abc", strict=True):
        columns = names.split(", ")
        assert columns == [f"column_{letter}_{i}" for i in range(len(columns))]
        assert more in ([], [f"{40 - len(columns)} more"])


async def test_tables_for_which_the_summary_has_no_room_are_found_by_a_question(
    build: Open,
) -> None:
    database = build(
        *(f"CREATE TABLE archive_of_the_year_{n} (pages INTEGER)" for n in range(300)),
        "CREATE TABLE lighthouses (height REAL, keeper TEXT)",
    )
    summary = await database.summary()
    first, _, last = summary.rpartition(" and ")
    named = first.split(", ")
    assert len(summary) <= MAX_SUMMARY_CHARACTERS
    assert named == [f"archive_of_the_year_{n}" for n in range(len(named))]
    assert last == f"{301 - len(named)} more"
    assert await database.unlisted("How high is the lighthouse?") == ["lighthouses: height, keeper"]
    assert await database.unlisted("Good morning!") == []


async def test_a_summary_with_room_for_all_leaves_nothing_unlisted(build: Open) -> None:
    database = build("CREATE TABLE buoys (colour TEXT)")
    assert await database.summary() == "buoys: colour"
    assert await database.unlisted("What colour are the buoys?") == []


async def test_of_a_large_table_rows_from_all_over_it_are_read(build: Open) -> None:
    database = build(
        "CREATE TABLE sightings (id INTEGER PRIMARY KEY, bird TEXT, seen DATE)",
        "INSERT INTO sightings WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL "
        "SELECT value + 1 FROM n LIMIT 120000) "
        "SELECT value, iif(value < 60000, 'Gannet', 'Puffin'), '2024-05-01' FROM n",
        "CREATE TABLE codes (code TEXT PRIMARY KEY) WITHOUT ROWID",
        "INSERT INTO codes SELECT 'K' || id FROM sightings",
    )
    sightings, codes = await database.tables()
    assert (sightings.rows, codes.rows) == ("about 120000", "more than 100000")
    assert [column.values for column in sightings.columns] == [
        "",
        "such as 'Gannet', 'Puffin'",
        "2024-05-01 … 2024-05-01 or so",
    ]
    assert await database.mentioned("puffin") == ["sightings.bird: 'Puffin'"]


async def test_rows_are_estimated_by_the_gaps_between_their_numbers(build: Open) -> None:
    database = build(
        "CREATE TABLE posts (id INTEGER PRIMARY KEY, tag TEXT)",
        "INSERT INTO posts WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        "LIMIT 150000) SELECT -9000000000000000 + i * 120000000007, 'tag ' || (i % 3) FROM n",
    )
    (posts,) = await database.tables()
    assert posts.rows == "about 150000"
    assert posts.columns[1].values == "such as 'tag 1', 'tag 2'"


async def test_values_keep_the_order_of_the_tables(build: Open) -> None:
    database = build(
        "CREATE TABLE a (x TEXT)",
        "CREATE TABLE b (x TEXT)",
        'INSERT INTO a SELECT value FROM json_each(\'["Rome", "Oslo", "Bern"]\')',
        "INSERT INTO b VALUES ('Oslo')",
    )
    assert await database.mentioned("Oslo or Bern") == ["a.x: 'Oslo', 'Bern'", "b.x: 'Oslo'"]


async def test_what_was_learned_serves_the_next_process(
    build: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build("CREATE TABLE moons (name TEXT)", "INSERT INTO moons VALUES ('Io')")
    text = await first.schema()

    def refuse(*_: object) -> None:
        raise AssertionError("the database was looked at again")

    monkeypatch.setattr(learned, "survey", refuse)
    second = opened(tmp_path)
    assert await second.schema() == text
    assert await second.mentioned("Io?") == ["moons.name: 'Io'"]


async def test_other_open_tables_are_learned_apart(build: Open, tmp_path: Path) -> None:
    await build("CREATE TABLE moons (name TEXT)", "CREATE TABLE suns (name TEXT)").schema()
    only = opened(tmp_path, frozenset({"SUNS"}))
    assert [table.name for table in await only.tables()] == ["suns"]


async def test_a_changed_database_is_looked_at_again(build: Open, tmp_path: Path) -> None:
    database = build("CREATE TABLE moons (name TEXT)")
    assert await database.mentioned("Triton") == []
    with sqlite3.connect(tmp_path / "foreign.sqlite") as db:
        db.execute("INSERT INTO moons VALUES ('Triton')")
    db.close()
    database._learn_after = 0
    assert await database.mentioned("Triton") == ["moons.name: 'Triton'"]
    assert len(list((tmp_path / "cache").iterdir())) == 1, "what is outdated is removed"


async def test_a_file_that_was_removed_is_written_again(build: Open, tmp_path: Path) -> None:
    database = build("CREATE TABLE moons (name TEXT)", "INSERT INTO moons VALUES ('Rhea')")
    await database.tables()
    for file in (tmp_path / "cache").iterdir():
        file.unlink()
    assert await database.mentioned("Rhea") == ["moons.name: 'Rhea'"]


async def test_a_file_that_somebody_else_has_put_there_is_not_read(
    build: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await build("CREATE TABLE moons (name TEXT)").tables()
    (file,) = (tmp_path / "cache").iterdir()
    with sqlite3.connect(file) as db:
        db.execute("UPDATE schema SET json = replace(json, 'moons', 'planted')")
    db.close()
    assert [t.name for t in await opened(tmp_path).tables()] == ["planted"]
    elsewhere = file.rename(tmp_path / "elsewhere.sqlite")
    file.symlink_to(elsewhere)
    assert [t.name for t in await opened(tmp_path).tables()] == ["moons"]
    assert not file.is_symlink()
    assert file.stat().st_mode & 0o077 == 0
    monkeypatch.setattr(os, "getuid", lambda: file.stat().st_uid + 1)
    with pytest.raises(Exception, match="cannot be read"):
        await opened(tmp_path).tables()


async def test_a_log_that_readers_leave_behind_is_no_change(build: Open, tmp_path: Path) -> None:
    build("PRAGMA journal_mode = WAL", "CREATE TABLE moons (name TEXT)")
    path = tmp_path / "foreign.sqlite"
    before = learned.fingerprint(path)
    path.with_name("foreign.sqlite-wal").touch()
    assert learned.fingerprint(path) == before
    path.with_name("foreign.sqlite-wal").write_bytes(b"frame")
    assert learned.fingerprint(path) != before
