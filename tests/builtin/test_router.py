"""Which agent the built-in model picks, by the prompt that the router writes."""

import sqlite3
from pathlib import Path

import pytest

from tests.builtin.asking import ROOT, SHARED, questions, reply, request, said, user
from waypost.agents import definition
from waypost.agents.definition import Agent
from waypost.knowledge import Folder
from waypost.routing import prompt
from waypost.warehouse import Database
from waypost.warehouse.query import Caps

AGENTS = definition.load(ROOT / "agents")
Covers = dict[str, str]


async def route(
    question: str, covers: Covers, previous: tuple[tuple[str, str], ...] = (), agents: object = None
) -> prompt.Choice:
    given = AGENTS if agents is None else agents
    system = prompt.system(given, covers)  # type: ignore[arg-type]
    asked = prompt.question(question, previous)
    line = said(await reply(request(system, [user({"text": asked})])))
    choice = prompt.read(line, given)  # type: ignore[arg-type]
    assert choice, line
    return choice


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("db") / "company.sqlite"
    db = sqlite3.connect(file)
    db.executescript((ROOT / "demo/company.sql").read_text())
    db.commit()
    db.close()
    return file


async def covered(documents: Path, database: Path, cache: Path) -> Covers:
    warehouse = Database(database, frozenset({"*"}), Caps(rows=10, seconds=5))
    return {
        "rag": await Folder(documents, cache).outline(),
        "sql": await warehouse.summary(),
    }


@pytest.mark.parametrize(
    ("question", "agent"), [line[1:] for line in questions("routes") if line[0] == "company"]
)
async def test_the_demo_company(company: Path, tmp_path: Path, question: str, agent: str) -> None:
    covers = await covered(ROOT / "demo/documents", company, tmp_path)

    assert (await route(question, covers)).agent == agent


@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data")
@pytest.mark.parametrize(
    ("question", "agent"), [line[1:] for line in questions("routes") if line[0] == "shop"]
)
async def test_a_shop(tmp_path: Path, question: str, agent: str) -> None:
    covers = await covered(SHARED / "policies", SHARED / "chinook.sqlite", tmp_path)

    assert (await route(question, covers)).agent == agent


@pytest.mark.parametrize(
    "question", ["tell me about the first one", "and in 2024?", "why?", "What about plumbing?"]
)
@pytest.mark.parametrize("agent", ["sql", "rag"])
async def test_a_question_that_leans_stays_with_its_agent(question: str, agent: str) -> None:
    choice = await route(question, {}, ((agent, "How many technicians are active?"),))

    assert choice.agent == agent
    assert choice.reason == "follows up on the question before"


async def test_a_new_topic_does_not_stay(company: Path, tmp_path: Path) -> None:
    covers = await covered(ROOT / "demo/documents", company, tmp_path)
    previous = (("sql", "How many technicians are active?"),)

    assert (await route("What are the overtime rules?", covers, previous)).agent == "rag"


async def test_what_nobody_knows_gets_little_confidence(company: Path, tmp_path: Path) -> None:
    covers = await covered(ROOT / "demo/documents", company, tmp_path)

    strange = await route("Sing me a lullaby", covers)
    plain = await route("How many technicians are active?", covers)

    assert strange.confidence < 0.5 < 0.8 < plain.confidence


SPECIALISTS = {
    "billing": ("Invoices, refunds and payment methods.", "Why was I charged twice?"),
    "technical": ("Errors, crashes and installation of the app.", "The app crashes at start"),
    "policy": ("Terms, privacy and what is allowed.", "May I share my account?"),
    "news": ("What happened in the world today.", "What are today's headlines?"),
}


@pytest.mark.parametrize(
    ("question", "agent"),
    [
        ("I was charged twice for one invoice", "billing"),
        ("How do I change my payment method?", "billing"),
        ("I get an error when I install the app", "technical"),
        ("Am I allowed to share my login?", "policy"),
        ("Show me the headlines of today", "news"),
    ],
)
async def test_any_agents_with_any_ids(question: str, agent: str) -> None:
    agents = {
        agent_id: Agent(
            id=agent_id,
            name=agent_id.title(),
            description=description,
            examples=(example,),
            strategy="none",
            instructions="x",
        )
        for agent_id, (description, example) in SPECIALISTS.items()
    }

    assert (await route(question, {}, agents=agents)).agent == agent


async def test_the_reason_has_at_most_twelve_words() -> None:
    choice = await route("How many of our active technicians are there per region in 2025?", {})

    assert 0 < len(choice.reason.split()) <= 12
    assert choice.runner_up == "rag"
