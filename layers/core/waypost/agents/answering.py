"""What answers for an agent: its model in a loop, or what it names."""

from waypost.agents.definition import Agent
from waypost.agents.loop import Answer
from waypost.agents.plugged import Plugged
from waypost.agents.task import Answerer


def answerer(agent: Agent) -> Answerer:
    return Plugged if agent.runnable else Answer
