"""The database that agents query: open tables, refused statements, limits."""

import json
import sqlite3
import tempfile
from pathlib import Path

import pytest

from waypost.warehouse import Database, QueryError, QueryResult, query
from waypost.warehouse.query import QueryLimits

ATTACKS = Path(__file__).parents[1] / "data/sql_attacks.json"
SCRIPT = """
create table technicians (id integer primary key, name text, status text, hired date);
create table jobs (
  id integer primary key, tech_id integer references technicians (id), amount real);
create table secrets (id integer primary key, v text);
create view all_secrets as select * from secrets;
insert into technicians values (1, 'Mara O''Neil', 'active', '2020-01-05'),
  (2, 'Tom', 'former', '2021-06-01');
insert into jobs values (1, 1, 10.5), (2, 1, 20), (3, 2, 30);
insert into secrets values (1, 'hidden');
"""


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is learned of the databases is removed with them."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "company.sqlite"
    db = sqlite3.connect(file)
    db.executescript(SCRIPT)
    db.close()
    return file


@pytest.fixture
def database(path: Path) -> Database:
    return Database(path, frozenset({"technicians", "jobs"}), QueryLimits(rows=2, seconds=1))


async def refusal(database: Database, sql: str) -> str:
    with pytest.raises(QueryError) as error:
        await database.query(sql)
    return error.value.code


async def test_a_select_gives_columns_and_rows(database: Database) -> None:
    result = await database.query(
        "SELECT t.name, sum(j.amount) AS total FROM technicians t JOIN jobs j ON j.tech_id = t.id "
        "GROUP BY t.name ORDER BY total DESC"
    )
    assert result.columns == ["name", "total"]
    assert result.rows == [["Mara O'Neil", 30.5], ["Tom", 30.0]]
    assert not result.truncated


async def test_rows_are_limited_and_the_result_is_marked_truncated(database: Database) -> None:
    result = await database.query("SELECT id FROM jobs")
    assert (result.rows, result.truncated) == ([[1], [2]], True)


@pytest.mark.parametrize(
    "sql",
    [
        "WITH a AS (SELECT * FROM jobs) SELECT count(*) FROM a",
        "-- a comment\nSELECT max(amount) FROM jobs",
        "select row_number() over (order by name) from technicians",
        "VALUES (1), (2)",
    ],
)
async def test_reading_is_allowed_in_many_forms(database: Database, sql: str) -> None:
    assert (await database.query(sql)).rows


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT v FROM secrets", "table_refused"),
        ("SELECT count(*) FROM secrets", "table_refused"),
        ("SELECT * FROM all_secrets", "table_refused"),
        ("SELECT (SELECT v FROM secrets) FROM jobs", "table_refused"),
        ("WITH jobs AS (SELECT v FROM secrets) SELECT * FROM jobs", "table_refused"),
        (
            "WITH j AS (WITH jobs AS (SELECT v FROM secrets) SELECT * FROM jobs) SELECT * FROM j",
            "table_refused",
        ),
        ("SELECT 1 IN secrets", "table_refused"),
        ("SELECT sql FROM sqlite_master", "table_refused"),
        ("SELECT count(*) FROM sqlite_master", "table_refused"),
        ("SELECT count(*) FROM pragma_table_list", "not_a_select"),
        ("SELECT * FROM pragma_table_info('secrets')", "not_a_select"),
        ("PRAGMA table_info(secrets)", "not_a_select"),
        ("INSERT INTO jobs VALUES (9, 9, 9)", "not_a_select"),
        ("WITH a AS (SELECT 1) DELETE FROM jobs", "not_a_select"),
        ("SELECT 1; SELECT 2", "not_a_select"),
        ("EXPLAIN SELECT 1", "not_a_select"),
        ("ATTACH 'x.db' AS x", "not_a_select"),
        ("", "not_a_select"),
        ("SELECT load_extension('x')", "function_refused"),
        ("SELECT randomblob(10)", "function_refused"),
        ("SELECT writefile('x', 'y')", "sql_error"),
        ("SELECT nothing FROM jobs", "sql_error"),
        ("SELECT " + "1," * 10_000 + "1", "too_large"),
        ("SELECT count(*) FROM jobs a, jobs b" + ", jobs" * 20, "too_slow"),
        (
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c",
            "not_a_select",
        ),
    ],
)
async def test_every_other_statement_is_refused(database: Database, sql: str, code: str) -> None:
    assert await refusal(database, sql) == code


async def test_no_table_is_open_unless_it_is_declared_shared(path: Path) -> None:
    database = Database(path, frozenset(), QueryLimits(10, 1))
    assert await database.schema() == ""
    assert await refusal(database, "SELECT * FROM jobs") == "table_refused"


async def test_a_view_is_open_only_with_the_tables_it_reads(path: Path) -> None:
    database = Database(path, frozenset({"all_secrets"}), QueryLimits(10, 1))
    assert await refusal(database, "SELECT * FROM all_secrets") == "table_refused"
    both = Database(path, frozenset({"all_secrets", "secrets"}), QueryLimits(10, 1))
    assert (await both.query("SELECT v FROM all_secrets")).rows == [["hidden"]]


async def test_a_star_opens_every_table_but_sqlites_own(path: Path) -> None:
    database = Database(path, frozenset({"*"}), QueryLimits(10, 1))
    assert (await database.query("SELECT v FROM all_secrets")).rows == [["hidden"]]
    assert await refusal(database, "SELECT * FROM sqlite_master") == "table_refused"


async def test_the_schema_has_keys_values_and_dates(database: Database) -> None:
    assert await database.schema() == (
        "CREATE TABLE technicians (\n"
        "  id INTEGER PRIMARY KEY,\n"
        "  name TEXT, -- 2 distinct: 'Mara O''Neil', 'Tom'\n"
        "  status TEXT, -- 2 distinct: 'active', 'former'\n"
        "  hired date -- 2020-01-05 … 2021-06-01\n"
        ");  -- 2 rows\n"
        "CREATE TABLE jobs (\n"
        "  id INTEGER PRIMARY KEY,\n"
        "  tech_id INTEGER REFERENCES technicians(id),\n"
        "  amount REAL\n"
        ");  -- 3 rows"
    )


@pytest.mark.parametrize(
    ("question", "lines"),
    [
        ("How many ACTIVE technicians are there?", ["technicians.status: 'active'"]),
        ("What did Mara O'Neil earn?", ["technicians.name: 'Mara O''Neil'"]),
        ("Tom's jobs", ["technicians.name: 'Tom'"]),
        ("hidden", []),
        ("", []),
    ],
)
async def test_values_named_in_a_question_are_found(
    database: Database, question: str, lines: list[str]
) -> None:
    assert await database.mentioned(question) == lines


@pytest.mark.parametrize(
    ("question", "lines"),
    [
        ("Is Tom still active?", ["technicians.name: 'Tom'"]),
        ("is tom still active?", []),
        ("Tom or not?", []),
    ],
)
async def test_names_are_distinguished_from_ordinary_words(
    database: Database, question: str, lines: list[str]
) -> None:
    assert await database.named(question) == lines


async def test_a_file_that_is_not_a_database_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite").write_text("no database" * 100)
    database = Database(tmp_path / "x.sqlite", frozenset({"*"}), QueryLimits(10, 1))
    assert await refusal(database, "SELECT 1") == "no_database"


@pytest.mark.parametrize("in_process", [True, False], ids=["in a process", "here"])
async def test_hostile_queries_read_no_unlisted_table_and_harmless_ones_run(
    tmp_path: Path, in_process: bool
) -> None:
    data = json.loads(ATTACKS.read_text())
    db = sqlite3.connect(tmp_path / "a.sqlite")
    for statement in data["setup"]:
        db.execute(statement)
    db.execute("insert into secrets values (1, 'x', 'TOP-SECRET')")
    db.commit()
    db.close()
    tables, limits = frozenset(data["tables"]), QueryLimits(100, 0.5)
    database = Database(tmp_path / "a.sqlite", tables, limits, tmp_path)

    async def run(sql: str) -> QueryResult:
        if in_process:
            return await database.query(sql)
        return query.run(query.uri(tmp_path / "a.sqlite"), tables, sql, limits)

    for sql in data["legitimate"]:
        await run(sql)
    assert data["attacks"]
    for attack in data["attacks"]:
        try:
            result = await run(attack["sql"])
        except QueryError:
            continue
        assert "TOP-SECRET" not in str(result.rows), attack["name"]
