"""Whatever is asked, the demo model refuses it or asks a query that runs, and drops no word."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.demo_model.conversation import HERE, Conversation
from waypost_local.questions import QuestionCase, read

ANSWERED = [case for case in read(HERE / "exam.jsonl") if not case.declined and not case.after]
PHRASES = """
how many, how much, who, which, when was, is, are, list, tell me about, show me, top 3, average,
total, what share of, highest, most, fewest, cheapest, longest, last, first, second one, them,
it, its, jobs, customers, technicians, invoices, parts, regions, job 12, invoice 3, hours,
price, stock, status, trade, revenue, amount, email, plan, premier, plumbers, repairs, open,
completed, cancelled, urgent, unpaid, overdue, paid, Elena Costa, Bayside Hotel, Graystone,
Coast, 2025, May 2026, last year, today, between, without, no, not, never, nobody, more than, at
least, exactly, 5, and, or, by, per, each, sorted by, in, of, the, for, with, has, compare,
different, all, any, out of, unassigned, earn, cost, where, biggest
"""


@given(
    st.lists(
        st.lists(st.sampled_from(re.split(r",\s", PHRASES.strip())), min_size=1, max_size=7),
        min_size=1,
        max_size=2,
    )
)
@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_any_words(company: Path, questions: list[list[str]]) -> None:
    conversation = Conversation(company)
    for words in questions:
        answer = await conversation.ask(" ".join(words))

        assert answer.text
        assert "refused my query" not in answer.text, answer.sql


@pytest.mark.parametrize("case", ANSWERED, ids=lambda case: case.question)
async def test_a_word_that_says_nothing_here_is_never_passed_over(
    company: Path, case: QuestionCase
) -> None:
    words = case.question.rstrip("?. ").split()
    place = random.Random(case.question).randrange(len(words) + 1)

    answer = await Conversation(company).ask(" ".join([*words[:place], "blorp", *words[place:]]))

    assert answer.sql is None, answer
