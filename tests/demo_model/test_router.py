"""Which agent the demo model chooses from the router's prompt."""

from collections import Counter, defaultdict
from dataclasses import dataclass

import pytest

from tests.demo_model.conversation import questions, reply, request, text_of, user
from tests.demo_model.deployment import AGENTS, ROUTED_AGENTS, SUPPORT_AGENTS, Deployment, choose
from waypost.agents.coverage import coverage
from waypost.agents.definition import Agent
from waypost.routing import prompt


@pytest.mark.parametrize(
    ("question", "agent"), [line[1:] for line in questions("routes") if line[0] == "company"]
)
async def test_the_demo_company(demo: Deployment, question: str, agent: str) -> None:
    assert (await demo.route(question)).agent == agent


@pytest.mark.parametrize(
    ("question", "agent"), [line[1:] for line in questions("routes") if line[0] == "shop"]
)
async def test_a_shop(shop: Deployment, question: str, agent: str) -> None:
    assert (await shop.route(question)).agent == agent


@dataclass(frozen=True)
class QuestionSet:
    agents: dict[str, Agent]
    questions: list[tuple[str, str]]
    """Each with the id of its agent."""
    min_right: float


def examples(agents: dict[str, Agent]) -> list[tuple[str, str]]:
    return [(example, agent.id) for agent in agents.values() for example in agent.examples]


def paraphrases(group: str) -> list[tuple[str, str]]:
    return [
        (question, agent) for name, question, agent in questions("specialists") if name == group
    ]


SETS = {
    "the routed agents' own examples": QuestionSet(ROUTED_AGENTS, examples(ROUTED_AGENTS), 0.95),
    "the support agents' own examples": QuestionSet(SUPPORT_AGENTS, examples(SUPPORT_AGENTS), 0.9),
    "other words for the routed agents": QuestionSet(ROUTED_AGENTS, paraphrases("all"), 0.9),
    "other words for the support agents": QuestionSet(SUPPORT_AGENTS, paraphrases("desk"), 0.8),
}


@pytest.mark.parametrize("name", SETS)
async def test_most_questions_reach_their_specialist(demo: Deployment, name: str) -> None:
    chosen: defaultdict[str, Counter[str]] = defaultdict(Counter)
    question_set = SETS[name]
    for question, agent in question_set.questions:
        chosen[agent][(await demo.route(question, question_set.agents)).agent] += 1

    right = sum(counts[agent] for agent, counts in chosen.items())

    assert right >= question_set.min_right * len(question_set.questions), confusion(chosen)
    for agent, counts in chosen.items():
        assert counts.most_common(1)[0][0] == agent, confusion(chosen)


def confusion(chosen: dict[str, Counter[str]]) -> str:
    """A row for each agent that should have been chosen, with those that were."""
    rows = (
        f"{agent:>16}: {', '.join(f'{name} {count}' for name, count in counts.most_common())}"
        for agent, counts in chosen.items()
    )
    return "\n" + "\n".join(rows)


@pytest.mark.parametrize(
    "question", ["tell me about the first one", "and in 2024?", "why?", "What about plumbing?"]
)
@pytest.mark.parametrize("agent", ["sql", "rag"])
async def test_a_follow_up_question_stays_with_its_agent(question: str, agent: str) -> None:
    previous = ((agent, "How many technicians are active?"),)

    chosen = await choose(question, ROUTED_AGENTS, {}, previous)

    assert chosen.agent == agent
    assert chosen.reason == "follows up on the question before"


async def test_a_new_topic_does_not_stay(demo: Deployment) -> None:
    previous = (("sql", "How many technicians are active?"),)

    assert (await demo.route("What are the overtime rules?", previous=previous)).agent == "rag"


async def test_a_question_for_no_agent_gets_little_confidence(demo: Deployment) -> None:
    unknown = await demo.route("Sing me a lullaby")
    known = await demo.route("How many technicians are active?")

    assert unknown.confidence < 0.5 < 0.8 < known.confidence


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

    assert (await choose(question, agents, {})).agent == agent


async def test_the_reason_has_at_most_twelve_words() -> None:
    question = "How many of our active technicians are there per region in 2025?"

    chosen = await choose(question, ROUTED_AGENTS, {})

    assert 0 < len(chosen.reason.split()) <= 12
    assert chosen.runner_up != chosen.agent == "sql"


@pytest.mark.parametrize(
    ("before", "question", "agent"),
    [
        ("How many technicians are active?", "and in the Coast region?", "sql"),
        ("Which customers are in Kirkmoor?", "tell me about the second one", "sql"),
        ("What are the overtime rules?", "and on Sundays?", "rag"),
    ],
)
async def test_a_follow_up_to_what_was_asked_elsewhere_goes_where_that_would_go(
    demo: Deployment, before: str, question: str, agent: str
) -> None:
    assert (await demo.route(question, previous=[("", before)])).agent == agent


async def test_an_agent_that_is_told_who_there_is_does_not_route(demo: Deployment) -> None:
    covered = await coverage(ROUTED_AGENTS.values(), demo.resources)
    system = f"You help.\n\n{prompt.described(ROUTED_AGENTS, covered)}"
    asked = {"hi there": "Hello! You can ask", "What is a boiler?": "they say nothing of that"}
    for question, expected in asked.items():
        said = text_of(await reply(request(system, [user({"text": question})])))
        assert expected in said
        assert "\n- How many" in said
    system = f"{AGENTS['help'].instructions}\n\n{prompt.described(ROUTED_AGENTS, covered)}"
    undecided = f"{system}\n<undecided>Data or Documents</undecided>"
    said = text_of(await reply(request(undecided, [user({"text": "Leave?"})])))
    assert said == "Is that a question for Data or Documents?"
