"""What the words of a question decide before a model is asked, and what is left to people."""

from pathlib import Path

import pytest

from waypost.agents.definition import Agent
from waypost.routing.gate import MAX_LEARNED, Gate, Gates
from waypost.routing.offer import named_in, taken
from waypost.routing.shortlist import MAX_AGENTS, abridged, shortlist
from waypost_local import routing_eval
from waypost_local.json_lines import JsonLinesError
from waypost_local.routing_eval import LabelledQuestion

DATA = Path(__file__).parents[2] / "../shared/data/routing"
AMONG = ("sql", "rag")


def agent(name: str, description: str = "x", *examples: str, version: int = 1) -> Agent:
    return Agent(
        id=name,
        name=name.title(),
        description=description,
        examples=examples or ("x",),
        instructions="x",
        version=version,
    )


def test_a_known_question_is_decided_however_it_is_written() -> None:
    gate = Gate([("What is your refund policy?", "rag"), ("How many jobs?", "sql")])
    for text in ("what is your refund policy", " What is YOUR refund  policy?! "):
        match = gate.decide(text, AMONG, alone=False)
        assert match is not None
        assert (match.agent, match.known) == ("rag", True)


def test_a_question_that_two_agents_have_as_an_example_is_not() -> None:
    gate = Gate([("How long do you keep data?", "rag"), ("How long do you keep data?", "policy")])
    assert gate.decide("How long do you keep data?", ("rag", "policy")) is None
    among_one = gate.decide("How long do you keep data?", AMONG)
    assert among_one is not None
    assert among_one.agent == "rag"


@pytest.mark.parametrize("text", ["", "?!", "\u3053\u3093\u306b\u3061\u306f", "what about them?"])
def test_what_shares_nothing_with_what_is_known_is_left_open(text: str) -> None:
    assert Gate([("How many jobs?", "sql"), ("May I smoke?", "rag")]).decide(text, AMONG) is None


def test_few_known_questions_decide_nothing_that_is_only_alike() -> None:
    gate = Gate([("How many jobs are open?", "sql"), ("May I smoke at work?", "rag")])
    assert gate.decide("How many jobs are closed?", AMONG) is None


def test_many_decide_what_is_alike_where_it_follows_no_other() -> None:
    jobs = [(f"How many jobs are open in week {n}?", "sql") for n in range(60)]
    gate = Gate([*jobs, *((f"May I smoke in room {n}?", "rag") for n in range(60))])
    match = gate.decide("How many jobs are open in May?", AMONG)
    assert match is not None
    assert (match.agent, match.known) == ("sql", False)
    assert gate.decide("How many jobs are open in May?", AMONG, alone=False) is None


def test_what_was_learned_is_forgotten_in_its_order() -> None:
    gate = Gate([("How many jobs?", "sql")])
    for number in range(MAX_LEARNED + 5):
        gate.learn(f"Question {number}?", "rag")
    assert gate.decide("Question 4?", AMONG) is None
    assert gate.decide("Question 5?", AMONG) is not None
    assert gate.decide("How many jobs?", AMONG) is not None
    assert gate._known == {"sql": 1, "rag": MAX_LEARNED}
    assert min(gate._vocabulary.values()) > 0


def test_each_tenant_learns_for_itself_and_anew_where_its_agents_change() -> None:
    agents = {"sql": agent("sql"), "rag": agent("rag")}
    gates = Gates()
    gates.of("one", agents).learn("Who is late?", "sql")
    assert gates.of("one", agents).decide("Who is late?", AMONG)
    assert gates.of("two", agents).decide("Who is late?", AMONG) is None
    changed = {**agents, "sql": agent("sql", version=2)}
    assert gates.of("one", changed).decide("Who is late?", AMONG) is None


@pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not there")
def test_most_of_what_people_ask_is_decided_and_nearly_all_of_it_rightly() -> None:
    known = routing_eval.read(DATA / "clinc150_train.jsonl")
    routed = routing_eval.by_gate(routing_eval.read(DATA / "clinc150_val.jsonl"), known)
    inside = [one for one in routed if one.asked.route != "none"]
    alone = [one for one in inside if one.by_gate]
    outside = [one for one in routed if one.asked.route == "none"]
    assert len(alone) >= 0.6 * len(inside)
    assert sum(one.decided == one.asked.route for one in alone) >= 0.995 * len(alone)
    assert sum(one.by_gate and one.decided != "none" for one in outside) <= 0.05 * len(outside)


def test_the_report_counts_what_was_decided_and_what_went_wrong() -> None:
    asked = [LabelledQuestion("How many jobs?", label) for label in ("sql", "rag")]
    asked.append(LabelledQuestion("Who won?", "none"))
    lines = list(routing_eval.report(routing_eval.by_gate(asked, asked[:1])))
    assert "decided alone    100.00% (2 of 2) of those that are for one" in lines
    assert "right of these   50.00% (1 of 2)" in lines
    assert " rag  right     0  sql 1" in lines
    assert "none  right     0  (model) 1" in lines


def test_a_file_that_is_not_labelled_says_which_line(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('{"question": "x", "route": "a"}\n{"question": "y"}\n')
    with pytest.raises(JsonLinesError, match="line 2: it must be JSON with"):
        routing_eval.read(file)


OFFERED = "Is that a question for Sql or Rag?"
AGENTS = {"rag": agent("rag"), "sql": agent("sql"), "help": agent("help")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sql", "sql"),
        ("rag please", "rag"),
        ("the first one", "sql"),
        ("2", "rag"),
        ("ask the Rag agent!", "rag"),
        ("I want the second.", "rag"),
        ("third", None),
        ("What is sql?", None),
        ("", None),
    ],
)
def test_the_next_message_takes_an_offer_by_name_or_place(text: str, expected: str | None) -> None:
    chosen = taken(text, OFFERED, AGENTS)
    assert (chosen and chosen.id) == expected


@pytest.mark.parametrize("answer", ["Hello! Ask about what there is.", "Ask Rag about rules.", ""])
def test_nothing_is_taken_where_nothing_was_offered(answer: str) -> None:
    assert taken("Rag", answer, AGENTS) is None
    assert taken("the first one", answer, AGENTS) is None


def test_agents_are_found_in_the_order_of_a_text() -> None:
    assert [one.id for one in named_in("Rag, or Sql? Rag!", AGENTS)] == ["rag", "sql"]


def test_of_many_agents_those_that_share_most_are_listed() -> None:
    many = {f"agent-{n}": agent(f"agent-{n}", f"Answers about topic{n}") for n in range(200)}
    many["vans"] = agent("vans", "Everything on the fleet", "Which van has a flat tyre?")
    covered = {"agent-7": "Tyres: winter; summer"}
    listed = shortlist("Where are the vans' tyres?", many, covered, keep=("agent-150",))
    assert len(listed) == MAX_AGENTS
    assert {"vans", "agent-7", "agent-150"} <= set(listed)
    assert list(listed) == [name for name in many if name in listed]
    short = abridged("flat tyres", {"vans": "Keys: office\n" * 200 + "Tyres: flat", "none": ""})
    assert short["vans"].startswith("Tyres: flat\n")
    assert len(short["vans"]) <= 500
    assert short["none"] == ""
    few = {"vans": many["vans"]}
    assert shortlist("What?", few, {}) == few
