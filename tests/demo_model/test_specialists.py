"""The shipped agents with the demo model, over the demo company."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.demo_model.conversation import ROOT, TODAY, questions
from tests.demo_model.deployment import AGENTS, ROUTED_AGENTS, Deployment
from waypost.agents.loop import AgentLoop
from waypost.agents.task import Resources, Task
from waypost.events import Event, SourceCited, TextDelta, ToolOutput, ToolStarted
from waypost.knowledge import passages
from waypost_local.demo_model.research import parts
from waypost_local.questions import is_refusal

Ask = Callable[[Deployment, str, str], Awaitable[list[Event]]]

pytestmark = pytest.mark.server


@pytest.fixture
def ask(demo_model_client: Any) -> Ask:
    """Sends a question to an agent of a deployment, and returns the events of its answer."""

    async def send(deployment: Deployment, agent: str, question: str) -> list[Event]:
        sources = deployment.resources
        task = Task(AGENTS[agent], ("waypost.builtin-v1:0",), question, (), TODAY)
        resources = Resources(demo_model_client, sources.knowledge, sources.warehouse)
        return [event async for event in AgentLoop(task, resources).events()]

    return send


def text_of(events: list[Event]) -> str:
    return "".join(e.delta for e in events if isinstance(e, TextDelta))


@pytest.mark.parametrize(("agent", "question", "words"), questions("answers"))
async def test_each_says_what_its_sources_say(
    ask: Ask, demo: Deployment, agent: str, question: str, words: str
) -> None:
    text = text_of(await ask(demo, agent, question))

    for expected in words.split("; "):
        if expected.startswith("-") and not expected.startswith("- "):
            assert expected[1:] not in text, text
        else:
            assert expected in text, text


@pytest.mark.parametrize(
    ("agent", "question"),
    [(a.id, text) for a in ROUTED_AGENTS.values() if a.id != "help" for text in a.examples],
)
async def test_each_answers_its_own_examples(
    ask: Ask, demo: Deployment, agent: str, question: str
) -> None:
    text = text_of(await ask(demo, agent, question))

    assert text
    assert not is_refusal(text), text


@pytest.mark.parametrize(
    ("agent", "question", "tools"),
    [
        (
            "research",
            "How many technicians are active and what are the overtime rules?",
            ["query_database", "search_documents"],
        ),
        ("research", "What is the meal allowance?", ["search_documents"]),
        ("support-triage", "Bayside Hotel complains about its invoice.", ["query_database"]),
        ("support-triage", "The heating is broken again.", []),
        ("ops-assistant", "How often are secrets rotated?", []),
        ("ops-assistant", "Which colour has the logo?", ["search_documents"]),
    ],
)
async def test_tools_are_used_where_the_prompt_does_not_answer(
    ask: Ask, demo: Deployment, agent: str, question: str, tools: list[str]
) -> None:
    events = await ask(demo, agent, question)

    assert [e.name for e in events if isinstance(e, ToolStarted)] == tools


@pytest.mark.parametrize("agent", ["billing", "policy", "news", "business-impact", "research"])
async def test_what_is_quoted_stands_in_the_document_that_is_cited(
    ask: Ask, demo: Deployment, agent: str
) -> None:
    """Word for word, whether it was in the prompt or was found by the tool."""
    for name, question, _ in questions("answers"):
        if name != agent:
            continue
        events = await ask(demo, agent, question)
        sources = {e.index: e.document for e in events if isinstance(e, SourceCited)}
        text = text_of(events).partition("\n\nSources: ")[0]
        for quote, index in re.findall(r"(?:^|\s)(?:- |\d\. )?(.+?) \[(\d+)\]", text):
            source = (ROOT / "demo/documents" / sources[int(index)]).read_text()
            words = set(re.findall(r"\w+", quote.removeprefix("Yes: ").removeprefix("No: ")))
            assert words <= set(re.findall(r"\w+", source)), quote


@pytest.mark.parametrize(
    ("agent", "question", "expected"),
    [
        ("billing", "Can I get a refund if I was charged but meant to cancel?", "refund"),
        ("policy", "How long after cancellation is my content deleted?", "30 days"),
        ("research", "What uptime do you guarantee?", "99.99"),
        ("research", "How many customers are in Brazil?", "5"),
        ("business-impact", "How much revenue did we make?", "2328.6"),
        ("support-triage", "I was charged twice, please help!", "not named in the message"),
        ("news", "What is new?", "no news"),
    ],
)
async def test_they_answer_from_whatever_documents_there_are(
    ask: Ask, shop: Deployment, agent: str, question: str, expected: str
) -> None:
    assert expected in text_of(await ask(shop, agent, question))


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What is the meal allowance?", ["What is the meal allowance"]),
        (
            "How many jobs are open and what do we promise?",
            ["How many jobs are open", "what do we promise"],
        ),
        (
            "Write an overview of the plans and how many customers each of them has.",
            ["the plans", "how many customers per plan"],
        ),
        (
            "Compare the guarantee with how many repairs we do a year.",
            ["the guarantee", "how many repairs we do per year"],
        ),
        ("Look into heat pumps and give me a report with sources.", ["heat pumps"]),
    ],
)
def test_a_question_is_cut_into_those_that_it_consists_of(question: str, found: list[str]) -> None:
    assert parts(question) == found


async def test_a_search_is_shown_with_its_passages(ask: Ask, demo: Deployment) -> None:
    events = await ask(demo, "research", "What is the meal allowance?")

    (output,) = [e.output for e in events if isinstance(e, ToolOutput)]
    first = output["passages"][0]
    source = (ROOT / "demo/documents/handbook-expenses.md").read_text()
    known = {p.id: p.text for p in passages.passages("handbook-expenses.md", source)}
    assert (first["index"], first["text"]) == (1, known[first["id"]])
