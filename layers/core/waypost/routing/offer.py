"""Two agents that a run offers where it does not guess, and how the next message takes one."""

import re
from collections.abc import Mapping

from waypost.agents.definition import Agent

HELP = "help"
"""The id of the agent that asks back; where there is none, the router's best guess answers."""
_FILLER = re.compile(
    r"^\W*(?:(?:please|ask|use|take|the|with|go|option|number|agent|i|mean|want|would|like|try)\s+)*"
    r"(.*?)(?:\s+(?:one|agent|option|please|then))*\W*$",
    re.IGNORECASE | re.DOTALL,
)
_PLACES = {
    **dict.fromkeys(("1", "first", "1st", "former", "left"), 0),
    **dict.fromkeys(("2", "second", "2nd", "latter", "last", "right"), 1),
}


def taken(text: str, answer: str, agents: Mapping[str, Agent]) -> Agent | None:
    """The agent that a message chooses from those that the answer before it has offered.

    It names the agent, or its place among those that `answer` names.
    """
    found = _FILLER.match(text)
    said = (found[1] if found else text).strip(" \t\n.!?'\"*").casefold()
    offered = named_in(answer, agents)
    if len(offered) < 2:
        # It was a greeting, or anything else that offered nothing.
        return None
    for agent in offered:
        if said in {name.casefold() for name in (agent.id, agent.name, *agent.aliases)}:
            return agent
    if said not in _PLACES:
        return None
    place = _PLACES[said]
    return offered[place] if place < len(offered) else None


def named_in(text: str, agents: Mapping[str, Agent]) -> list[Agent]:
    """The agents that a text names by their names, in its order."""
    places = {
        agent.id: match.start()
        for agent in agents.values()
        if agent.id != HELP and (match := re.search(rf"(?<!\w){re.escape(agent.name)}(?!\w)", text))
    }
    return [agents[name] for name in sorted(places, key=places.__getitem__)]
