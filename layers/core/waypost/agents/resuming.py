"""The conversation that an agent goes on with."""

from waypost.agents import prompts
from waypost.agents.task import Task
from waypost.models.turns import AssistantTurn, ToolTurn, Turn, UserTurn


def conversation(task: Task) -> list[Turn]:
    """What was said up to now, and the word to go on where it breaks off in an answer."""
    turns: list[Turn] = [*task.history, UserTurn(task.question), *task.said]
    broken_off = task.said and isinstance(task.said[-1], AssistantTurn)
    return [*turns, UserTurn(prompts.CONTINUE)] if broken_off else turns


def said_before(task: Task) -> str:
    """The answer as far as an earlier run has given it."""
    return "".join(turn.text for turn in task.said if isinstance(turn, AssistantTurn))


def begins_paragraph(task: Task) -> bool:
    """Words that go on in mid-sentence are no new paragraph."""
    return bool(said_before(task)) and isinstance(task.said[-1], ToolTurn)
