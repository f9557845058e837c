"""Which agent the built-in model picks, by the prompt that the router writes."""

from collections import Counter, defaultdict

import pytest

from tests.builtin.asking import SHARED, questions
from tests.builtin.routed import DESK, ROUTED, Deployment, choice, company
from waypost.agents.definition import Agent


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return company(tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    folder = tmp_path_factory.mktemp("shop")
    return Deployment.of(SHARED / "policies", SHARED / "chinook.sqlite", folder)


@pytest.mark.parametrize(
    ("question", "agent"), [line[1:] for line in questions("routes") if line[0] == "company"]
)
async def test_the_demo_company(demo: Deployment, question: str, agent: str) -> None:
    assert (await demo.route(question)).agent == agent


@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data")
@pytest.mark.parametrize(
    ("question", "agent"), [line[1:] for line in questions("routes") if line[0] == "shop"]
)
async def test_a_shop(shop: Deployment, question: str, agent: str) -> None:
    assert (await shop.route(question)).agent == agent


SETS = {
    "the routed agents' own examples": [
        (ROUTED, example, agent.id) for agent in ROUTED.values() for example in agent.examples
    ],
    "the desk's own examples": [
        (DESK, example, agent.id) for agent in DESK.values() for example in agent.examples
    ],
    "other words for the routed agents": [
        (ROUTED, question, agent) for who, question, agent in questions("specialists")
        if who == "all"
    ],
    "other words for the desk": [
        (DESK, question, agent) for who, question, agent in questions("specialists")
        if who == "desk"
    ],
}  # fmt: skip
LEAST = {"the routed agents' own examples": 0.95, "the desk's own examples": 0.9,
         "other words for the routed agents": 0.9, "other words for the desk": 0.8}  # fmt: skip


@pytest.mark.parametrize("name", SETS)
async def test_most_questions_reach_their_specialist(demo: Deployment, name: str) -> None:
    got: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for agents, question, agent in SETS[name]:
        got[agent][(await demo.route(question, agents)).agent] += 1

    right = sum(found[agent] for agent, found in got.items())

    assert right >= LEAST[name] * len(SETS[name]), confusion(got)
    for agent, found in got.items():
        assert found.most_common(1)[0][0] == agent, confusion(got)


def confusion(got: dict[str, Counter[str]]) -> str:
    """A row for each agent that should have been chosen, with those that were."""
    rows = (
        f"{agent:>16}: {', '.join(f'{name} {count}' for name, count in found.most_common())}"
        for agent, found in got.items()
    )
    return "\n" + "\n".join(rows)


@pytest.mark.parametrize(
    "question", ["tell me about the first one", "and in 2024?", "why?", "What about plumbing?"]
)
@pytest.mark.parametrize("agent", ["sql", "rag"])
async def test_a_question_that_leans_stays_with_its_agent(question: str, agent: str) -> None:
    previous = ((agent, "How many technicians are active?"),)

    chosen = await choice(question, ROUTED, {}, previous)

    assert chosen.agent == agent
    assert chosen.reason == "follows up on the question before"


async def test_a_new_topic_does_not_stay(demo: Deployment) -> None:
    previous = (("sql", "How many technicians are active?"),)

    assert (await demo.route("What are the overtime rules?", previous=previous)).agent == "rag"


async def test_what_nobody_knows_gets_little_confidence(demo: Deployment) -> None:
    strange = await demo.route("Sing me a lullaby")
    plain = await demo.route("How many technicians are active?")

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

    assert (await choice(question, agents, {})).agent == agent


async def test_the_reason_has_at_most_twelve_words() -> None:
    question = "How many of our active technicians are there per region in 2025?"

    chosen = await choice(question, ROUTED, {})

    assert 0 < len(chosen.reason.split()) <= 12
    assert chosen.runner_up != chosen.agent == "sql"
