"""The router: its prompt, how a reply is parsed, and the default where there is none."""

import threading
from typing import Any

import pytest

from waypost.agents.definition import Agent, Agents
from waypost.events import Usage
from waypost.routing import Router
from waypost.routing.decide import pinned
from waypost.routing.prompt import parse_choice, question, system

SQL = Agent(
    id="sql", name="Data", description="Counts <rows>", examples=("How many?",), instructions="x"
)
RAG = Agent(
    id="rag",
    name="Documents",
    description="Rules",
    examples=("May I?", "Who & how?"),
    instructions="x",
)
AGENTS = Agents([RAG, SQL])


class OneLineClient:
    """A bedrock-runtime client that replies with one line, and keeps the request."""

    def __init__(self, line: str = "", error: Exception | None = None) -> None:
        self.line = line
        self.error = error
        self.request: dict[str, Any] = {}

    def converse(self, **request: Any) -> dict[str, Any]:
        self.request = request
        if self.error:
            raise self.error
        return {
            "output": {"message": {"content": [{"text": self.line}]}},
            "usage": {"inputTokens": 200, "outputTokens": 12},
        }


def router(model: Any, deadline: float = 5) -> Router:
    return Router(bedrock=model, model="micro", deadline=deadline)


def test_the_prompt_has_every_agent_with_its_text_escaped() -> None:
    prompt = system(AGENTS, {"sql": "Customer: Name & City"}, {"sql": "name: <Bayside>"})
    text = prompt.prefix
    assert prompt.text == '<names agent="sql">name: &lt;Bayside&gt;</names>'
    assert '<agent id="sql">\n<description>Counts &lt;rows&gt;</description>\n' in text
    assert "<covers>Customer: Name &amp; City</covers>\n<example>How many?</example>" in text
    assert '<example>Who &amp; how?</example>\n</agent>\n<agent id="sql">' in text


def test_the_question_comes_after_the_previous_ones() -> None:
    assert question("And <now>?", [("sql", "How many?")]) == (
        '<previous agent="sql">How many?</previous>\n<question>And &lt;now&gt;?</question>'
    )


@pytest.mark.parametrize(
    ("line", "agent", "confidence", "runner_up", "reason"),
    [
        ("sql | 0.93 | rag | asks for a count", "sql", 0.93, "rag", "asks for a count"),
        ("`rag`|1|-|a rule", "rag", 1.0, None, "a rule"),
        ("SQL | .5 | RAG | x", "sql", 0.5, "rag", "x"),
        ("The best agent is sql.", "sql", 0.5, None, ""),
        ("sql", "sql", 0.5, None, ""),
    ],
)
def test_a_line_is_parsed_though_it_strays_from_the_format(
    line: str, agent: str, confidence: float, runner_up: str | None, reason: str
) -> None:
    choice = parse_choice(line, AGENTS)
    assert choice is not None
    assert (choice.agent, choice.confidence) == (agent, confidence)
    assert (choice.runner_up, choice.reason) == (runner_up, reason)


@pytest.mark.parametrize("line", ["", "weather | 0.9", "I cannot tell.", "sqlite"])
def test_a_line_that_names_no_agent_is_no_choice(line: str) -> None:
    assert parse_choice(line, AGENTS) is None


async def test_the_model_decides_in_a_few_tokens() -> None:
    model = OneLineClient("sql | 0.9 | rag | asks for a count")
    decision = await router(model).decide("How many?", [], AGENTS, {}, RAG)
    assert decision.route.agent == "sql"
    assert decision.route.method == "model"
    assert decision.route.runner_up == "rag"
    assert decision.usage == Usage(input_tokens=200, output_tokens=12)
    assert model.request["modelId"] == "micro"
    assert model.request["inferenceConfig"]["maxTokens"] <= 80


async def test_the_default_is_chosen_where_the_model_fails() -> None:
    decision = await router(OneLineClient(error=ConnectionError("x"))).decide(
        "How many?", [], AGENTS, {}, RAG
    )
    assert (decision.route.agent, decision.route.method) == ("rag", "default")
    assert decision.failed


async def test_the_default_is_chosen_where_the_model_times_out() -> None:
    answered = threading.Event()

    class SlowClient(OneLineClient):
        def converse(self, **request: Any) -> dict[str, Any]:
            answered.wait(10)
            return super().converse(**request)

    decision = await router(SlowClient("sql | 1 | - | x"), deadline=0.01).decide(
        "How many?", [], AGENTS, {}, RAG
    )
    answered.set()
    assert decision.route.reason == "The router did not answer in time."
    assert decision.route.confidence == 0


async def test_the_default_is_chosen_where_the_reply_names_no_agent_and_usage_counts() -> None:
    decision = await router(OneLineClient("no idea")).decide("How many?", [], AGENTS, {}, RAG)
    assert (decision.route.method, decision.usage.output_tokens) == ("default", 12)


async def test_a_single_agent_is_chosen_without_a_model() -> None:
    alone = Router(bedrock=None, model="m", deadline=1)
    assert (await alone.decide("How many?", [], Agents([SQL]), {}, SQL)).route.agent == "sql"


def test_the_callers_choice_is_pinned() -> None:
    assert pinned(SQL).route.method == "pinned"
