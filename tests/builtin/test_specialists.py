"""The shipped agents, asked over the demo company with the built-in model."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builtin.asking import ROOT, SHARED, TODAY, questions
from tests.builtin.routed import AGENTS, Deployment, company
from tests.core.answering import served
from waypost.agents.loop import Answer
from waypost.agents.task import Resources, Task
from waypost.events import Event, SourceCited, TextDelta, ToolOutput, ToolStarted
from waypost.knowledge import passages
from waypost_local.builtin import Builtin
from waypost_local.builtin.research import parts


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    return company(tmp_path_factory.mktemp("company"))


async def asked(deployment: Deployment, agent: str, question: str) -> list[Event]:
    async with served(Builtin()) as client:
        of = deployment.resources
        task = Task(AGENTS[agent], ("waypost.builtin-v1:0",), question, (), TODAY)
        answer = Answer(task, Resources(client, of.knowledge, of.warehouse))
        return [event async for event in answer.events()]


def text(events: list[Event]) -> str:
    return "".join(e.delta for e in events if isinstance(e, TextDelta))


@pytest.mark.parametrize(("agent", "question", "wanted"), questions("answers"))
async def test_each_says_what_its_sources_say(
    demo: Deployment, agent: str, question: str, wanted: str
) -> None:
    said = text(await asked(demo, agent, question))

    for word in wanted.split("; "):
        if word.startswith("-") and not word.startswith("- "):
            assert word[1:] not in said, said
        else:
            assert word in said, said


@pytest.mark.parametrize(
    ("agent", "question", "tools"),
    [
        ("research", "How many technicians are active and what are the overtime rules?",
         ["query_database", "search_documents"]),
        ("research", "What is the meal allowance?", ["search_documents"]),
        ("support-triage", "Bayside Hotel complains about its invoice.", ["query_database"]),
        ("support-triage", "The heating is broken again.", []),
        ("ops-assistant", "How often are secrets rotated?", []),
        ("ops-assistant", "Which colour has the logo?", ["search_documents"]),
    ],
)  # fmt: skip
async def test_tools_are_used_where_the_prompt_does_not_answer(
    demo: Deployment, agent: str, question: str, tools: list[str]
) -> None:
    events = await asked(demo, agent, question)

    assert [e.name for e in events if isinstance(e, ToolStarted)] == tools


@pytest.mark.parametrize("agent", ["billing", "policy", "news", "business-impact", "research"])
async def test_what_is_quoted_stands_in_the_document_that_is_cited(
    demo: Deployment, agent: str
) -> None:
    """Word for word, whether it was in the prompt or was found by the tool."""
    for name, question, _ in questions("answers"):
        if name != agent:
            continue
        events = await asked(demo, agent, question)
        sources = {e.index: e.document for e in events if isinstance(e, SourceCited)}
        said = text(events).partition("\n\nSources: ")[0]
        for quote, index in re.findall(r"(?:^|\s)(?:- |\d\. )?(.+?) \[(\d+)\]", said):
            source = (ROOT / "demo/documents" / sources[int(index)]).read_text()
            words = set(re.findall(r"\w+", quote.removeprefix("Yes: ").removeprefix("No: ")))
            assert words <= set(re.findall(r"\w+", source)), quote


@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data")
@pytest.mark.parametrize(
    ("agent", "question", "wanted"),
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
    tmp_path: Path, agent: str, question: str, wanted: str
) -> None:
    shop = Deployment.of(SHARED / "policies", SHARED / "chinook.sqlite", tmp_path)

    assert wanted in text(await asked(shop, agent, question))


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What is the meal allowance?", ["What is the meal allowance"]),
        ("How many jobs are open and what do we promise?",
         ["How many jobs are open", "what do we promise"]),
        ("Write an overview of the plans and how many customers each of them has.",
         ["the plans", "how many customers per plan"]),
        ("Compare the guarantee with how many repairs we do a year.",
         ["the guarantee", "how many repairs we do per year"]),
        ("Look into heat pumps and give me a report with sources.", ["heat pumps"]),
    ],
)  # fmt: skip
def test_a_question_is_cut_into_those_that_it_consists_of(question: str, found: list[str]) -> None:
    assert parts(question) == found


async def test_a_search_is_shown_with_its_passages(demo: Deployment) -> None:
    events = await asked(demo, "research", "What is the meal allowance?")

    (output,) = [e.output for e in events if isinstance(e, ToolOutput)]
    first = output["passages"][0]
    source = (ROOT / "demo/documents/handbook-expenses.md").read_text()
    known = {p.id: p.text for p in passages.passages("handbook-expenses.md", source)}
    assert (first["index"], first["text"]) == (1, known[first["id"]])
