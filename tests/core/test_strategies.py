"""The documents in an agent's context, by its strategy, and how it cites them."""

from pathlib import Path
from typing import Any

import pytest

from tests.core.agent_runs import NOVA, FixedReplies, agent, answer, folder, text_reply, tool_reply
from waypost.agents import context
from waypost.errors import Unavailable
from waypost.events import SourceCited, StepStarted, TextDelta, ToolFailed, ToolOutput
from waypost.knowledge import Folder
from waypost.models.turns import AssistantTurn, ToolCall, ToolTurn

pytestmark = pytest.mark.server

LEAVE = "# Leave\n\nEverybody has 26 days of paid leave."
VANS = "# Vans\n\nVans may be driven home by technicians on call."
PLANS = "# Plans\n\nThe Plus plan costs 39 a month."
PREFIX_ALONE = [{"cachePoint": {"type": "default"}}]


@pytest.fixture
def documents(tmp_path: Path) -> Folder:
    return folder(tmp_path, leave=LEAVE, deep__vans=VANS, plans=PLANS)


def cited(events: list[Any]) -> list[tuple[int, str]]:
    return [(e.index, e.document) for e in events if isinstance(e, SourceCited)]


def text(events: list[Any]) -> str:
    return "".join(e.delta for e in events if isinstance(e, TextDelta))


async def test_rag_puts_the_passages_found_in_its_own_documents_in_the_prompt(
    documents: Folder,
) -> None:
    model = FixedReplies(text_reply("26 days [1]"))
    one = agent(strategy="rag", documents=["leave.md", "plans.md"])

    events = await answer(model, one, "leave, vans and plans", knowledge=documents)

    (block,) = model.system()
    assert "26 days" in block["text"]
    assert "The Plus plan" in block["text"]
    assert "driven home" not in block["text"]
    assert text(events) == "26 days [1]\n\nSources: [1] leave.md (Leave)"


async def test_cag_puts_whole_documents_in_a_cached_prefix(documents: Folder) -> None:
    model = FixedReplies(text_reply("39 [3], and 26 days [2]"))

    events = await answer(model, agent(strategy="cag"), "What?", knowledge=documents)

    prefix, *rest = model.system()
    assert rest == PREFIX_ALONE
    assert prefix["text"] == (
        "Answer.\n\n<documents>\n"
        '<passage index="1" document="deep/vans.md" heading="Vans">\n'
        "Vans may be driven home by technicians on call.\n</passage>\n"
        '<passage index="2" document="leave.md" heading="Leave">\n'
        "Everybody has 26 days of paid leave.\n</passage>\n"
        '<passage index="3" document="plans.md" heading="Plans">\n'
        "The Plus plan costs 39 a month.\n</passage>\n</documents>"
    )
    assert cited(events) == [(3, "plans.md"), (2, "leave.md")]


async def test_the_prefix_is_the_same_for_every_question(documents: Folder) -> None:
    model = FixedReplies(text_reply("a"), text_reply("b"))
    one = agent(strategy="hybrid", documents=["leave.md"])

    await answer(model, one, "May I drive the van home?", knowledge=documents)
    await answer(model, one, "What does the Plus plan cost?", knowledge=documents)

    (first, _, found), (second, _, other) = model.system(0), model.system(1)
    assert first == second
    assert found != other


@pytest.mark.parametrize("name", [NOVA, "us.anthropic.claude-sonnet-4-5-20250929-v1:0"])
async def test_only_models_that_cache_prompts_get_a_cache_point(
    documents: Folder, name: str
) -> None:
    model = FixedReplies(text_reply("a"), text_reply("b"))
    one = agent(strategy="cag")

    await answer(model, one, "What?", knowledge=documents, models=(name,))
    await answer(model, one, "What?", knowledge=documents, models=("mistral.ministral-3-8b",))

    cached, plain = model.system(0), model.system(1)
    assert cached == [*plain, *PREFIX_ALONE]


async def test_hybrid_numbers_passages_after_the_whole_documents(documents: Folder) -> None:
    model = FixedReplies(text_reply("The plan costs 39 [2], vans go home [1]."))
    one = agent(strategy="hybrid", documents=["deep/*"])

    events = await answer(model, one, "What does the Plus plan cost?", knowledge=documents)

    prefix, _, found = model.system()
    assert "driven home" in prefix["text"]
    assert found["text"].startswith('<passages>\n<passage index="2" document="plans.md"')
    assert cited(events) == [(2, "plans.md"), (1, "deep/vans.md")]


async def test_patterns_that_match_no_document_stand_for_all_documents(documents: Folder) -> None:
    model = FixedReplies(text_reply("a"))

    one = agent(strategy="cag", documents=["billing/*"])
    await answer(model, one, "What?", knowledge=documents)

    assert model.system()[0]["text"].count("<passage ") == 3


async def test_a_document_that_is_too_long_for_the_prefix_is_searched(tmp_path: Path) -> None:
    long = "\n\n".join(f"## Part {n}\n\nRule {n} speaks of {'words ' * 150}" for n in range(120))
    documents = folder(tmp_path, leave=LEAVE, long=f"# Long\n\n{long}\n\n## End\n\nZebras pay 7.")
    model = FixedReplies(text_reply("7 [2]"))

    events = await answer(model, agent(strategy="cag"), "What do zebras pay?", knowledge=documents)

    prefix, _, found = model.system()
    assert prefix["text"].count("<passage ") == 1
    assert "Zebras pay 7." in found["text"]
    assert cited(events) == [(2, "long.md")]


def test_documents_leave_room_in_every_window() -> None:
    assert context.max_document_characters((NOVA,)) == context.MAX_CHARACTERS
    assert context.max_document_characters((NOVA, "unknown.model")) == 6_000


async def test_a_search_numbers_new_passages_and_reuses_known_numbers(documents: Folder) -> None:
    model = FixedReplies(
        tool_reply("search_documents", '{"query": "Plus plan"}', "c1"),
        tool_reply("search_documents", '{"query": "leave and Plus plan"}', "c2"),
        text_reply("39 [2]. 26 days [1]."),
    )
    one = agent(strategy="rag", tools=["search_documents"])

    events = await answer(model, one, "paid leave", knowledge=documents)

    outputs = [e.output["passages"] for e in events if isinstance(e, ToolOutput)]
    found = [{p["index"]: p["document"] for p in passages} for passages in outputs]
    assert found == [{2: "plans.md"}, {1: "leave.md", 2: "plans.md"}]
    assert sorted(cited(events)) == [(1, "leave.md"), (2, "plans.md")]
    assert text(events).endswith("Sources: [1] leave.md (Leave); [2] plans.md (Plans)")


async def test_a_search_without_words_is_a_tool_error(documents: Folder) -> None:
    model = FixedReplies(tool_reply("search_documents", '{"query": " "}'), text_reply("Sorry."))

    events = await answer(model, agent(tools=["search_documents"]), "What?", knowledge=documents)

    (failed,) = [e for e in events if isinstance(e, ToolFailed)]
    assert failed.message == "The tool needs one argument, `query`, a text."


async def test_a_continued_answer_cites_passages_found_before(documents: Folder) -> None:
    found = '{"passages": [{"index": 1, "id": "plans.md#1", "document": "plans.md", '
    found += '"title": "Plans", "heading": "Plans", "text": "The Plus plan costs 39 a month."}]}'
    call = ToolCall("c1", "search_documents", {"query": "plan"})
    prior_output = (AssistantTurn("", (call,)), ToolTurn("c1", found))
    model = FixedReplies(text_reply("39 [1]"))

    one = agent(tools=["search_documents"])
    events = await answer(model, one, "Plan?", knowledge=documents, prior_output=prior_output)

    assert cited(events) == [(1, "plans.md")]


async def test_an_agent_of_two_sources_works_with_the_available_one(documents: Folder) -> None:
    model = FixedReplies(text_reply("ok"))
    one = agent(tools=["search_documents", "query_database"])

    events = await answer(model, one, "What?", knowledge=documents)

    (block,) = model.system()
    assert block["text"] == (
        "Answer.\n\n<missing>\nThere is no database here to question.\n</missing>"
    )
    assert [tool["name"] for tool in model.requests[0].tools] == ["search_documents"]
    assert [e.name for e in events if isinstance(e, StepStarted)] == [NOVA]


async def test_an_agent_without_any_of_its_sources_is_unavailable() -> None:
    with pytest.raises(Unavailable) as error:
        await answer(FixedReplies(), agent(tools=["search_documents", "query_database"]), "What?")

    assert error.value.code == "no_database"
