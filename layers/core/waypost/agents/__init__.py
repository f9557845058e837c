"""Agents: their definitions, and what answers for them (a loop of model and tools, or a Runnable).

An agent's answer is a stream of events that knows neither HTTP nor DynamoDB.
"""

from waypost.agents.definition import Agent
from waypost.agents.loop import AgentLoop
from waypost.agents.runnable_agent import RunnableAgent
from waypost.agents.task import RunnerFactory


def runner_for(agent: Agent) -> RunnerFactory:
    """What answers an agent's tasks."""
    return RunnableAgent if agent.runnable else AgentLoop
