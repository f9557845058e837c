"""The values that this machine fills in for parameters of the template."""

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from waypost_local.errors import CommandError
from waypost_local.stack import parameters

WAYPOST_PARAMETERS = (
    "Identity",
    "DefaultIdentity",
    "AllowedOrigins",
    "SharedTables",
    "AgentsPath",
    "DocumentsPath",
    "DatabasePath",
    "ModelId",
    "RouterModelId",
    "FallbackModelId",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "agents").mkdir()
    (tmp_path / "demo/documents").mkdir(parents=True)
    (tmp_path / "demo/company.sql").write_text("CREATE TABLE t (a); INSERT INTO t VALUES (7);")
    return tmp_path


def values_for(
    root: Path,
    declared: Iterable[str] = WAYPOST_PARAMETERS,
    database: Path | None = None,
    documents: Path | None = None,
    *,
    bedrock: bool = False,
) -> dict[str, str]:
    names = {name: {"Type": "String"} for name in declared}
    origins = ["http://127.0.0.1:1", "http://localhost:1"]
    servers = {"demo": "http://127.0.0.1:2/mcp"}
    return parameters.local_values(
        root, names, database, documents, origins, servers, bedrock=bedrock
    )


def test_by_default_it_is_the_demo_company(root: Path) -> None:
    values = values_for(root)
    assert values["Identity"] == "development"
    assert values["DefaultIdentity"] == "demo/developer/admin"
    assert values["AllowedOrigins"] == "http://127.0.0.1:1,http://localhost:1"
    assert values["SharedTables"] == "*"
    assert values["AgentsPath"] == str(root / "agents")
    assert values["DocumentsPath"] == str(root / "demo/documents")
    models = {values[name] for name in ("ModelId", "RouterModelId", "FallbackModelId")}
    assert models == {"waypost.builtin-v1:0"}
    with closing(sqlite3.connect(values["DatabasePath"])) as database:
        assert database.execute("SELECT a FROM t").fetchone() == (7,)


def test_the_demo_database_is_rebuilt_only_where_its_sql_is_newer(root: Path) -> None:
    path = Path(values_for(root)["DatabasePath"])
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("INSERT INTO t VALUES (8)")
    count = "SELECT count(*) FROM t"

    values_for(root)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute(count).fetchone() == (2,)

    os.utime(path, (0, 0))
    values_for(root)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute(count).fetchone() == (1,)


def test_other_data_can_be_named(root: Path) -> None:
    mine = root / "mine.sqlite"
    with closing(sqlite3.connect(mine)) as database, database:
        database.execute("CREATE TABLE t (a)")
    folder = root / "texts"
    folder.mkdir()
    values = values_for(root, database=mine, documents=folder)
    assert values["DatabasePath"] == str(mine)
    assert values["DocumentsPath"] == str(folder)


def test_only_what_the_template_declares_is_filled_in(root: Path) -> None:
    assert values_for(root, ["SharedTables"]) == {"SharedTables": "*"}


def test_bedrock_keeps_the_templates_models(root: Path) -> None:
    assert not {"ModelId", "RouterModelId", "FallbackModelId"} & set(values_for(root, bedrock=True))


@pytest.mark.parametrize(
    ("database", "documents", "line"),
    [
        ("none.sqlite", None, "there is no file .*none.sqlite"),
        ("demo/company.sql", None, "company.sql is not an SQLite database"),
        (None, "none", "there is no folder .*none"),
    ],
)
def test_a_missing_file_is_named(
    root: Path, database: str | None, documents: str | None, line: str
) -> None:
    with pytest.raises(CommandError, match=line):
        values_for(
            root,
            database=root / database if database else None,
            documents=root / documents if documents else None,
        )


def test_an_error_in_the_demo_sql_is_named(root: Path) -> None:
    (root / "demo/company.sql").write_text("CREATE TABEL t;")
    with pytest.raises(CommandError, match=r"company\.sql: near"):
        values_for(root)
