"""What an agent may name in a deployment, and the check that it does."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from waypost.agents import definition
from waypost.agents.definition import Agent
from waypost.errors import Invalid

_MAX_AGENT_BYTES = 300_000
"""Of its definition as JSON: each version of an agent is one item of the table."""


@dataclass(frozen=True)
class Allowed:
    """The names that an agent's fields may have."""

    models: tuple[str, ...]
    runnables: tuple[str, ...]
    default_model: str = ""
    unpriced: frozenset[str] = frozenset()
    """The models whose price is not known: no cost limit can bind them."""
    strategies: tuple[str, ...] = definition.STRATEGIES
    tools: tuple[str, ...] = definition.TOOLS

    def agent(self, fields: dict[str, Any]) -> Agent:
        """The agent that these fields make.

        Raises:
            Invalid: They are not valid; `details` name the field, and the allowed values where
                there is a list of them.
        """
        runnable, model = fields.get("runnable"), fields.get("model")
        _check("strategy", [fields.get("strategy", "none")], self.strategies)
        _check("tools", fields.get("tools", ()), self.tools)
        _check("model", [model] if model else [], self.models)
        _check("fallbacks", fields.get("fallbacks", ()), self.models, what="model")
        _check("runnable", [runnable] if runnable else [], self.runnables)
        try:
            agent = Agent.model_validate({**fields, "version": 1})
        except ValidationError as error:
            raise _invalid(error) from None
        if agent.max_cost_usd is not None:
            self._check_prices(agent)
        size = len(json.dumps(agent.content, ensure_ascii=False).encode())
        if size > _MAX_AGENT_BYTES:
            raise Invalid(
                f"The agent has {size} bytes; {_MAX_AGENT_BYTES} is the maximum.",
                code="agent_too_large",
            )
        return agent

    def _check_prices(self, agent: Agent) -> None:
        asked = (agent.model or self.default_model, *agent.fallbacks)
        unknown = next((name for name in asked if name in self.unpriced), None)
        if unknown is None:
            return
        priced = [name for name in self.models if name not in self.unpriced]
        error = Invalid(
            f"The price of {unknown} is not known, so a cost limit cannot be kept. Prices are "
            f"known of: {', '.join(priced) or 'none'}.",
            code="unknown_price",
        )
        error.details |= {"field": "max_cost_usd", "allowed": priced}
        raise error


def _check(
    field: str, named: Iterable[str], allowed: tuple[str, ...], *, what: str | None = None
) -> None:
    what = what or field.removesuffix("s")
    if all(name in allowed for name in named):
        return
    listed = f"There are: {', '.join(allowed)}." if allowed else "There is none."
    error = Invalid(f"There is no such {what} here. {listed}", code=f"unknown_{what}")
    error.details |= {"field": field, "allowed": list(allowed)}
    raise error


def _invalid(error: ValidationError) -> Invalid:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    found = Invalid(f"{field}: {first['msg']}", code="invalid_agent")
    found.details["field"] = str(first["loc"][0]) if first["loc"] else ""
    return found
