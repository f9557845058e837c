"""What of a thread is told to a model."""

from hypothesis import given
from hypothesis import strategies as st

from waypost.models import budget
from waypost.models.turns import AssistantTurn, UserTurn
from waypost.records import Message
from waypost.runs.history import Exchange, exchanges, fit, without_middle

TEXT = st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=300)
EXCHANGES = st.lists(st.builds(Exchange, TEXT, TEXT, st.just("sql"), st.just("msg_1")), max_size=60)


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


@given(EXCHANGES, st.text(max_size=500), st.integers(100, 4000))
def test_a_history_is_within_its_budget(thread: list[Exchange], summary: str, most: int) -> None:
    history = fit(thread, summary, most)
    texts = [turn.text for turn in history.turns]
    told_of_it = sum(budget.tokens(text) for text in texts if "<summary>" not in text)
    assert told_of_it <= most


@given(EXCHANGES, st.text(max_size=500), st.integers(100, 4000))
def test_the_newest_are_whole_and_in_order_and_the_rest_is_older(
    thread: list[Exchange], summary: str, most: int
) -> None:
    history = fit(thread, summary, most)
    together = [*history.older, *history.recent]
    assert [e.through for e in together] == [e.through for e in thread]
    if history.recent and history.recent[-1] == thread[-1]:
        assert together == thread
    roles = [type(turn) for turn in history.turns]
    assert roles == [UserTurn, AssistantTurn] * (len(roles) // 2)


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
    assert budget.tokens(cut) <= most
    assert cut == text or budget.tokens(text) > most


def test_tokens_are_estimated_high() -> None:
    assert budget.tokens("") == 0
    assert budget.tokens("Everybody has 26 days of leave in a year.") >= 11
    assert budget.tokens("休暇は年に26日あります。") >= 12


def test_a_models_window_is_known_by_every_name_of_it() -> None:
    names = ("amazon.nova-lite-v1:0", "us.amazon.nova-lite-v1:0",
             "arn:aws:bedrock:us-east-1:1:inference-profile/us.amazon.nova-lite-v1:0")  # fmt: skip
    assert {budget.window(name) for name in names} == {300_000}
    assert budget.window("somebody.new-model") == 8_000
