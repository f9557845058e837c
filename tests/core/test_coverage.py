"""The coverage of each agent's sources, as the router's prompt has it."""

import dataclasses
import sqlite3
from pathlib import Path

import pytest

from tests.core.agent_runs import agent, folder
from waypost.agents.coverage import coverage, names
from waypost.agents.task import Resources
from waypost.knowledge import Folder
from waypost.warehouse import Database
from waypost.warehouse.query import QueryLimits

RAG = agent(id="rag", strategy="rag")
NEWS = agent(id="news", strategy="hybrid", documents=["news/*"])
OPS = agent(id="ops", strategy="cag", documents=["runbooks/*"])
SQL = agent(id="sql", tools=["query_database"])
BOTH = agent(id="both", tools=["search_documents", "query_database"])
PLAIN = agent(id="plain")


@pytest.fixture
def resources(tmp_path: Path) -> Resources:
    knowledge = folder(tmp_path, leave="# Leave\n\nText.", news__may="# May\n\nText.")
    with sqlite3.connect(tmp_path / "db.sqlite") as db:
        db.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)")
        db.execute("INSERT INTO customers VALUES (1, 'Bayside Hotel')")
    db.close()
    limits = QueryLimits(rows=10, seconds=5)
    warehouse = Database(tmp_path / "db.sqlite", frozenset({"*"}), limits, tmp_path)
    return Resources(None, knowledge, warehouse)


async def test_coverage_is_the_agents_documents_and_all_open_tables(
    resources: Resources,
) -> None:
    found = await coverage([RAG, NEWS, SQL, BOTH, PLAIN], resources)

    tables = "customers: id, name"
    assert found == {
        "rag": "Leave\nMay",
        "news": "May",
        "sql": tables,
        "both": f"Leave\nMay\n{tables}",
    }


async def test_an_agent_without_matching_documents_has_no_coverage(resources: Resources) -> None:
    assert "ops" not in await coverage([OPS, RAG], resources)


async def test_no_coverage_without_documents_and_database(tmp_path: Path) -> None:
    assert await coverage([RAG, SQL, BOTH], Resources(None, None, None)) == {}


async def test_documents_that_cannot_be_indexed_cost_the_tables_nothing(
    resources: Resources, tmp_path: Path
) -> None:
    resources = dataclasses.replace(resources, knowledge=Folder(tmp_path, tmp_path / "absent"))
    assert await coverage([RAG, SQL], resources) == {"sql": "customers: id, name"}


async def test_names_of_the_question_that_the_tables_hold(resources: Resources) -> None:
    agents = [RAG, SQL, BOTH]
    named = "customers.name: 'Bayside Hotel'"
    assert await names(agents, resources, "Who is Bayside Hotel?") == {"sql": named, "both": named}
    assert await names(agents, resources, "Who?") == {}
    assert await names(agents, Resources(None, None, None), "Who is Bayside Hotel?") == {}


async def test_tables_of_the_question_where_there_are_too_many_for_the_coverage(
    tmp_path: Path,
) -> None:
    with sqlite3.connect(tmp_path / "many.sqlite") as db:
        for number in range(250):
            db.execute(f"CREATE TABLE measurements_of_plant_{number} (value REAL)")
        db.execute("CREATE TABLE vineyards (hectares REAL)")
    db.close()
    limits = QueryLimits(rows=10, seconds=5)
    warehouse = Database(tmp_path / "many.sqlite", frozenset({"*"}), limits, tmp_path)
    resources = Resources(None, None, warehouse)
    assert "vineyards" not in (await coverage([SQL], resources))["sql"]
    found = await names([RAG, SQL], resources, "How large is our largest vineyard?")
    assert found == {"sql": "vineyards: hectares"}
