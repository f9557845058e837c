"""The part of a thread that a model gets as history."""

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
        id=f"msg_{number:03}",
        thread_id="t",
        run_id="r",
        role=role,  # type: ignore[arg-type]
        text=text,
        created_at="2026-01-01",
        agent=agent,
    )


def messages_of(roles_in_order: str) -> list[Message]:
    """One message a letter: `u` is a question, `a` an answer or a part of one."""
    roles = {"u": "user", "a": "assistant"}
    return [
        message(n, roles[letter], f"{letter}{n}", "sql") for n, letter in enumerate(roles_in_order)
    ]


def test_a_question_and_its_answer_are_one_exchange() -> None:
    found = exchanges(messages_of("uaua"))
    assert [(e.question, e.answer, e.through) for e in found] == [
        ("u0", "a1", "msg_001"),
        ("u2", "a3", "msg_003"),
    ]


def test_consecutive_answers_are_one_exchange() -> None:
    assert [(e.question, e.answer, e.through) for e in exchanges(messages_of("uaaa"))] == [
        ("u0", "a1a2a3", "msg_003")
    ]


def test_a_question_without_an_answer_is_left_out() -> None:
    assert [e.question for e in exchanges(messages_of("uuau"))] == ["u1"]
    assert exchanges(messages_of("a")) == []
    assert exchanges([]) == []


@given(EXCHANGES, SUMMARY, BUDGET)
def test_a_history_is_within_its_budget(thread: list[Exchange], summary: str, budget: int) -> None:
    texts = [turn.text for turn in fit(thread, summary, budget).turns]
    assert sum(estimate_tokens(text) for text in texts) <= budget


@given(SUMMARY, BUDGET)
def test_a_summary_leaves_three_quarters_to_the_turns(summary: str, budget: int) -> None:
    texts = [turn.text for turn in fit([], summary, budget).turns]
    around = estimate_tokens("<summary>\n\n</summary>") + estimate_tokens("Understood.")
    assert sum(estimate_tokens(text) for text in texts) <= budget // 4 + around


@given(EXCHANGES, SUMMARY, BUDGET)
def test_roles_take_turns_and_a_question_stays_with_its_answer(
    thread: list[Exchange], summary: str, budget: int
) -> None:
    history = fit(thread, summary, budget)
    roles = [type(turn) for turn in history.turns]
    assert roles == [UserTurn, AssistantTurn] * (len(roles) // 2)
    assert all(turn.text for turn in history.turns)


@given(EXCHANGES, SUMMARY, BUDGET)
def test_recent_turns_are_in_order_and_the_rest_is_older(
    thread: list[Exchange], summary: str, budget: int
) -> None:
    history = fit(thread, summary, budget)
    together = [*history.older, *history.recent]
    assert [e.through for e in together] == [e.through for e in thread]
    assert together[:-1] == thread[:-1]
    assert bool(history.recent) == bool(thread)


@given(EXCHANGES.filter(bool), SUMMARY, BUDGET)
def test_only_a_newest_turn_that_does_not_fit_alone_is_shortened(
    thread: list[Exchange], summary: str, budget: int
) -> None:
    newest = fit(thread, summary, budget).recent[-1]
    if newest != thread[-1]:
        assert thread[-1].cost > budget - budget // 4 - 50
        assert " […] " in newest.question + newest.answer


@given(EXCHANGES.filter(bool))
def test_a_large_budget_takes_every_turn_up_to_the_maximum(thread: list[Exchange]) -> None:
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


def test_a_summary_comes_before_the_turns_and_is_escaped() -> None:
    history = fit([Exchange("And?", "Yes.", "sql", "m")], "They asked <b>.", 1000)
    summary, answer, *rest = history.turns
    assert summary == UserTurn("<summary>\nThey asked &lt;b&gt;.\n</summary>")
    assert answer == AssistantTurn("Understood.")
    assert rest == [UserTurn("And?"), AssistantTurn("Yes.")]
    assert history.previous == (("sql", "And?"),)


@given(st.text(max_size=2000), st.integers(0, 400))
def test_a_shortened_text_fits(text: str, max_tokens: int) -> None:
    cut = without_middle(text, max_tokens)
    assert estimate_tokens(cut) <= max_tokens
    assert cut == text or estimate_tokens(text) > max_tokens


@pytest.mark.parametrize(
    ("text", "minimum"),
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
def test_token_estimates_are_not_too_low(text: str, minimum: int) -> None:
    """`minimum` is the count of tokenizers with small tokens."""
    assert minimum <= estimate_tokens(text) <= 4 * minimum


def test_a_window_is_found_by_every_form_of_a_model_id() -> None:
    names = (
        "amazon.nova-lite-v1:0",
        "us.amazon.nova-lite-v1:0",
        "arn:aws:bedrock:us-east-1:1:inference-profile/us.amazon.nova-lite-v1:0",
    )
    assert {catalogue.window(name) for name in names} == {300_000}
    assert catalogue.window("unknown.new-model") == 8_000


def test_the_history_budget_is_that_of_the_smallest_window() -> None:
    assert (
        catalogue.history_tokens(["us.amazon.nova-lite-v1:0", "us.amazon.nova-micro-v1:0"])
        == 64_000
    )
    assert catalogue.history_tokens(["us.amazon.nova-lite-v1:0", "unknown.new-model"]) == 4_000


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
        ("new.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0", "amazon"),
        ("openai.gpt-5.4", "openai.gpt-5.4", "openai"),
        ("zai.glm-4.7", "zai.glm-4.7", "zai"),
        (
            "arn:aws:bedrock:us-east-1:111122223333:inference-profile/eu.amazon.nova-pro-v1:0",
            "amazon.nova-pro-v1:0",
            "amazon",
        ),
    ],
)
def test_base_model_and_provider_are_parsed_from_every_form_of_a_model_id(
    model: str, base: str, provider: str
) -> None:
    assert (catalogue.base_model(model), catalogue.provider(model)) == (base, provider)
