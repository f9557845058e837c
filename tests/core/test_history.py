"""What of a thread is told to a model."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waypost.models import catalogue
from waypost.models.tokens import estimate_tokens
from waypost.models.turns import AssistantTurn, UserTurn
from waypost.records import Message
from waypost.runs.history import MIN_BUDGET, Exchange, exchanges, fit, without_middle

TEXT = st.one_of(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=300),
    st.builds(str.__mul__, st.sampled_from(["word ", "休暇", "&<>", "😀"]), st.integers(1, 2000)),
)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=60)
SUMMARY = st.one_of(st.just(""), TEXT)
BUDGET = st.integers(MIN_BUDGET, 5000)
EXCHANGES = PAIRS.map(
    lambda pairs: [Exchange(q, a, "sql", f"msg_{n:03}") for n, (q, a) in enumerate(pairs)]
)


def message(number: int, role: str, text: str, agent: str | None = None) -> Message:
    return Message(
        id=f"msg_{number:03}", thread_id="t", run_id="r", role=role,  # type: ignore[arg-type]
        text=text, created_at="2026-01-01", agent=agent,
    )  # fmt: skip


def told(thread: str) -> list[Message]:
    """`u` a question, `a` an answer or a part of one, in turn."""
    roles = {"u": "user", "a": "assistant"}
    return [message(n, roles[kind], f"{kind}{n}", "sql") for n, kind in enumerate(thread)]


def test_questions_and_answers_belong_together() -> None:
    found = exchanges(told("uaua"))
    assert [(e.question, e.answer, e.through) for e in found] == [
        ("u0", "a1", "msg_001"),
        ("u2", "a3", "msg_003"),
    ]


def test_the_parts_of_an_answer_are_one() -> None:
    assert [(e.question, e.answer, e.through) for e in exchanges(told("uaaa"))] == [
        ("u0", "a1a2a3", "msg_003")
    ]


def test_a_question_without_an_answer_is_left_out() -> None:
    assert [e.question for e in exchanges(told("uuau"))] == ["u1"]
    assert exchanges(told("a")) == []
    assert exchanges([]) == []


@given(EXCHANGES, SUMMARY, BUDGET)
def test_a_history_is_within_its_budget(thread: list[Exchange], summary: str, most: int) -> None:
    texts = [turn.text for turn in fit(thread, summary, most).turns]
    assert sum(estimate_tokens(text) for text in texts) <= most


@given(SUMMARY, BUDGET)
def test_a_summary_leaves_three_quarters_to_the_turns(summary: str, most: int) -> None:
    texts = [turn.text for turn in fit([], summary, most).turns]
    around = estimate_tokens("<summary>\n\n</summary>") + estimate_tokens("Understood.")
    assert sum(estimate_tokens(text) for text in texts) <= most // 4 + around


@given(EXCHANGES, SUMMARY, BUDGET)
def test_roles_take_turns_and_a_question_stays_with_its_answer(
    thread: list[Exchange], summary: str, most: int
) -> None:
    history = fit(thread, summary, most)
    roles = [type(turn) for turn in history.turns]
    assert roles == [UserTurn, AssistantTurn] * (len(roles) // 2)
    assert all(turn.text for turn in history.turns)


@given(EXCHANGES, SUMMARY, BUDGET)
def test_the_newest_are_told_in_order_and_the_rest_is_older(
    thread: list[Exchange], summary: str, most: int
) -> None:
    history = fit(thread, summary, most)
    together = [*history.older, *history.recent]
    assert [e.through for e in together] == [e.through for e in thread]
    assert together[:-1] == thread[:-1]
    assert bool(history.recent) == bool(thread)


@given(EXCHANGES.filter(bool), SUMMARY, BUDGET)
def test_only_a_newest_that_does_not_fit_alone_is_cut(
    thread: list[Exchange], summary: str, most: int
) -> None:
    newest = fit(thread, summary, most).recent[-1]
    if newest != thread[-1]:
        assert thread[-1].cost > most - most // 4 - 50
        assert " […] " in newest.question + newest.answer


@given(EXCHANGES.filter(bool))
def test_everything_is_told_where_there_is_room(thread: list[Exchange]) -> None:
    history = fit(thread, "", 10**9)
    assert history.recent == tuple(thread[-40:])
    assert history.older == tuple(thread[:-40])


def test_a_newest_answer_that_is_too_long_loses_its_middle() -> None:
    thread = [Exchange("Why?", f"Begin {'x' * 9000} end.", "sql", "msg_1")]
    history = fit(thread, "", 500)
    assert history.older == ()
    assert history.recent[0].question == "Why?"
    assert history.recent[0].answer.startswith("Begin xxx")
    assert history.recent[0].answer.endswith("xxx end.")
    assert " […] " in history.recent[0].answer


def test_a_summary_stands_before_the_turns_and_is_no_instruction() -> None:
    history = fit([Exchange("And?", "Yes.", "sql", "m")], "They asked <b>.", 1000)
    summary, answer, *rest = history.turns
    assert summary == UserTurn("<summary>\nThey asked &lt;b&gt;.\n</summary>")
    assert answer == AssistantTurn("Understood.")
    assert rest == [UserTurn("And?"), AssistantTurn("Yes.")]
    assert history.previous == (("sql", "And?"),)


@given(st.text(max_size=2000), st.integers(0, 400))
def test_what_is_cut_fits(text: str, most: int) -> None:
    cut = without_middle(text, most)
    assert estimate_tokens(cut) <= most
    assert cut == text or estimate_tokens(text) > most


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("", 0),
        ("Everybody has 26 days of leave in a year.", 10),
        ("休暇は年に26日あります。", 13),
        ("| 2024-11-03 | 1,250.75 |", 17),
        ("naïve façade", 6),
        ("👩‍🚒", 6),
        ("\ud800", 1),
    ],
)
def test_tokens_are_estimated_high(text: str, least: int) -> None:
    """`least` is what tokenizers that cut finely make of it."""
    assert least <= estimate_tokens(text) <= 4 * least


def test_a_models_window_is_known_by_every_name_of_it() -> None:
    names = ("amazon.nova-lite-v1:0", "us.amazon.nova-lite-v1:0",
             "arn:aws:bedrock:us-east-1:1:inference-profile/us.amazon.nova-lite-v1:0")  # fmt: skip
    assert {catalogue.window(name) for name in names} == {300_000}
    assert catalogue.window("somebody.new-model") == 8_000


def test_there_is_room_for_the_smallest_of_the_models_that_may_answer() -> None:
    assert (
        catalogue.history_tokens(["us.amazon.nova-lite-v1:0", "us.amazon.nova-micro-v1:0"])
        == 64_000
    )
    assert catalogue.history_tokens(["us.amazon.nova-lite-v1:0", "somebody.new-model"]) == 4_000


def test_every_model_with_a_price_has_a_window() -> None:
    models = json.loads(Path(catalogue.__file__).with_suffix(".json").read_text())["models"]
    priced = {name for name, facts in models.items() if "price" in facts}
    assert len(priced) >= 6
    assert all("window" in models[name] for name in priced)


@pytest.mark.parametrize(
    ("model", "base", "provider"),
    [
        ("amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0", "amazon"),
        ("us.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0", "amazon"),
        ("global.anthropic.claude-sonnet-5", "anthropic.claude-sonnet-5", "anthropic"),
        ("us-gov.anthropic.claude-sonnet-5", "anthropic.claude-sonnet-5", "anthropic"),
        ("openai.gpt-5.4", "openai.gpt-5.4", "openai"),
        ("zai.glm-4.7", "zai.glm-4.7", "zai"),
        (
            "arn:aws:bedrock:us-east-1:111122223333:inference-profile/eu.amazon.nova-pro-v1:0",
            "amazon.nova-pro-v1:0",
            "amazon",
        ),
    ],
)
def test_a_model_is_known_by_any_of_its_names(model: str, base: str, provider: str) -> None:
    assert (catalogue.base_model(model), catalogue.provider(model)) == (base, provider)
