"""Questions as people of the demo company would ask them: none may be answered wrongly.

The same file is sent to a running stack by `make questions FILE=tests/demo_model/exam.jsonl`.
"""

from pathlib import Path

import pytest

from tests.demo_model.conversation import HERE, Conversation
from tests.demo_model.deployment import Deployment
from tests.demo_model.test_document_questions import answer
from waypost_local.questions import QuestionCase, is_refusal, read, says

EXAM = read(HERE / "exam.jsonl")
TO_TABLES = [case for case in EXAM if case.route != "documents" or case.declined]
TO_DOCUMENTS = [case for case in EXAM if case.route == "documents"]
MAY_DECLINE = {
    "How much is a gas valve?",
    "Which customer brought in the most revenue?",
    "What does it cost to cancel a visit late?",
    "Is a harness needed on the roof?",
    "Compare the revenue of 2024 and 2025",
    "How many customers have a plan?",
}


def check(case: QuestionCase, text: str) -> None:
    if case.declined:
        assert is_refusal(text), text
    elif not (case.question in MAY_DECLINE and is_refusal(text)):
        assert says(text, case.expect), text
        assert not is_refusal(text), text


def title(case: QuestionCase) -> str:
    return " > ".join([*case.after, case.question])


def test_a_third_of_the_questions_have_no_answer_here() -> None:
    declined = sum(case.declined for case in EXAM)
    assert len(EXAM) >= 150
    assert declined >= len([case for case in EXAM if not case.after]) / 4


@pytest.mark.parametrize("case", TO_TABLES, ids=title)
async def test_a_question_to_the_tables(company: Path, case: QuestionCase) -> None:
    conversation = Conversation(company)
    for earlier in case.after:
        await conversation.ask(earlier)

    check(case, (await conversation.ask(case.question)).text)


@pytest.mark.parametrize("case", TO_DOCUMENTS, ids=title)
async def test_a_question_to_the_documents(demo: Deployment, case: QuestionCase) -> None:
    text, _ = await answer(demo, case.question)

    check(case, text)
