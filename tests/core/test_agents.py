"""Agents as files: how they are read, and the errors for invalid ones."""

from pathlib import Path

import pytest

from waypost.agents.definition import AgentFileError, load, parse
from waypost.errors import Invalid

ROOT = Path(__file__).parents[2]
FILE = """---
id: sql
aliases: [data]
name: Data
description: Counts things
examples: ["How many?"]
tools: [query_database]
---
Count them.
"""


def test_a_file_is_an_agent() -> None:
    agent = parse("sql.md", FILE)
    assert (agent.id, agent.instructions, agent.version) == ("sql", "Count them.", 1)


def test_a_file_may_name_any_number_of_fallbacks() -> None:
    names = ", ".join(f"model-{n}" for n in range(6))
    agent = parse("sql.md", FILE.replace("name: Data\n", f"name: Data\nfallbacks: [{names}]\n", 1))
    assert len(agent.fallbacks) == 6


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id: sql", "id: My Agent", "sql.md: id:"),
        ("name: Data\n", "", "sql.md: name: Field required"),
        (
            "[query_database]",
            "[shell]",
            "sql.md: tools.0: Input should be 'query_database' or 'search_documents'",
        ),
        (
            "name: Data\n",
            "name: Data\nstrategy: magic\n",
            "sql.md: strategy: Input should be 'rag', 'cag', 'hybrid' or 'none'",
        ),
        ('["How many?"]', "[]", "sql.md: examples:"),
        ("name: Data", "nome: Data", "sql.md: name: Field required"),
        ("name: Data", "name: [", "sql.md: front matter:"),
        ("---\nid", "id", "must start with front matter"),
        ("Count them.\n", "", "sql.md: instructions:"),
    ],
)
def test_an_invalid_file_is_refused_with_its_error(old: str, new: str, message: str) -> None:
    with pytest.raises(AgentFileError) as error:
        parse("sql.md", FILE.replace(old, new, 1))
    assert message in str(error.value)


def test_agents_are_found_by_id_and_by_alias(tmp_path: Path) -> None:
    (tmp_path / "sql.md").write_text(FILE)
    (tmp_path / "README.md").write_text("Not an agent")
    agents = load(tmp_path)
    assert agents.named("data") is agents.named("sql") is agents["sql"]
    with pytest.raises(Invalid, match="There are: sql"):
        agents.named("weather")


def test_two_agents_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(FILE)
    (tmp_path / "b.md").write_text(FILE.replace("id: sql", "id: data").replace("[data]", "[]"))
    with pytest.raises(AgentFileError, match="'data'"):
        load(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AgentFileError, match="holds no agents"):
        load(tmp_path)


def test_the_shipped_agents_are_valid() -> None:
    agents = load(ROOT / "agents")
    assert list(agents) == [
        "billing",
        "business-impact",
        "help",
        "news",
        "ops-assistant",
        "policy",
        "rag",
        "research",
        "sql",
        "support-triage",
        "technical",
    ]
    assert agents.named("azure-ops") is agents["ops-assistant"]
    desk = {agent.id: agent.strategy for agent in agents.values() if not agent.routed}
    assert desk == {"billing": "hybrid", "policy": "cag", "technical": "rag"}
