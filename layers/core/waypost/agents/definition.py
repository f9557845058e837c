"""Agents are Markdown files: the front matter has their fields, the text their instructions."""

import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from waypost.errors import Invalid

Strategy = Literal["rag", "cag", "hybrid", "none"]
ToolName = Literal["query_database", "search_documents"]
STRATEGIES: tuple[str, ...] = get_args(Strategy)
TOOLS: tuple[str, ...] = get_args(ToolName)
AgentId = Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z0-9-]{0,63}$")]

Example = Annotated[str, Field(min_length=1, max_length=500)]


class AgentFileError(ValueError):
    """A file is not a valid agent; the text names the file and what to correct."""


class AgentFields(BaseModel):
    """What an agent is. Files, requests and responses derive from it.

    Here the names that a deployment allows are plain texts; `registry.allowed` checks them.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, examples=["Fleet"])
    description: str = Field(
        min_length=1,
        max_length=2000,
        description="What it answers, for the router and for people",
        examples=["Answers from the fleet's own handbook."],
    )
    examples: tuple[str, ...] = Field(
        strict=False,
        min_length=1,
        max_length=50,
        description="Questions it should be given",
        examples=[["Which van is free on Monday?"]],
    )
    aliases: tuple[str, ...] = Field(default=(), strict=False, max_length=20)
    routed: bool = Field(
        default=True, description="The router may choose it where a request names no agent"
    )
    strategy: str = Field(
        default="none", description="How it is given its documents", examples=["rag"]
    )
    documents: tuple[str, ...] = Field(
        default=(),
        strict=False,
        max_length=50,
        description="Patterns of documents' paths; none for all",
        examples=[["fleet/*.md"]],
    )
    tools: tuple[str, ...] = Field(default=(), strict=False, max_length=20, examples=[[]])
    model: str | None = Field(default=None, description="None for the deployment's model")
    fallbacks: tuple[str, ...] = Field(
        default=(),
        strict=False,
        max_length=5,
        description="Models asked in turn where `model` fails; else the deployment's",
        examples=[[]],
    )
    max_tokens: int = Field(default=2048, ge=1, le=100_000, description="Of one model call")
    max_steps: int = Field(default=6, ge=1, le=50, description="Model calls in one run")
    max_cost_usd: float | None = Field(
        default=None,
        gt=0,
        le=1000,
        description="No model is called in a run that has cost more",
        examples=[0.05],
    )
    runnable: str | None = Field(
        default=None,
        description="`module:attribute` of a LangChain Runnable that answers in the model's place",
    )
    instructions: str = Field(
        min_length=1, max_length=100_000, examples=["Answer from the passages alone."]
    )


class Agent(AgentFields):
    """A specialist: valid fields, with an id and a version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: AgentId
    version: int = Field(default=1, ge=1)
    examples: tuple[Example, ...] = Field(min_length=1, max_length=50)
    aliases: tuple[AgentId, ...] = Field(default=(), max_length=20)
    strategy: Strategy = "none"
    tools: tuple[ToolName, ...] = ()
    fallbacks: tuple[str, ...] = ()
    runnable: str | None = Field(default=None, pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")

    @property
    def content(self) -> dict[str, Any]:
        """Its fields as a file has them, as JSON."""
        return self.model_dump(mode="json", exclude={"id", "version"})


class Agents(Mapping[str, Agent]):
    """The agents of a deployment, by id; `named` also knows aliases."""

    def __init__(self, agents: list[Agent]) -> None:
        self._agents = {agent.id: agent for agent in agents}
        self._aliases = {alias: agent for agent in agents for alias in agent.aliases}

    def __getitem__(self, agent_id: str) -> Agent:
        return self._agents[agent_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._agents)

    def __len__(self) -> int:
        return len(self._agents)

    def named(self, name: str) -> Agent:
        """Raises Invalid, with the ids that there are."""
        found = self._agents.get(name) or self._aliases.get(name)
        if found is None:
            raise Invalid(
                f"There is no agent of that name. There are: {', '.join(self._agents)}.",
                code="unknown_agent",
            )
        return found


def load(folder: Path) -> Agents:
    """Every agent of a folder, in the order of the file names.

    Those that are written with LangChain are left out where that is not installed.

    Raises:
        AgentFileError: The folder holds none, two claim one name, or a file is not valid.
    """
    agents = [parse(path.name, path.read_text(encoding="utf-8")) for path in _files(folder)]
    if importlib.util.find_spec("langchain_core") is None:
        agents = [agent for agent in agents if not agent.runnable]
    if not agents:
        raise AgentFileError(f"{folder} holds no agents: there is no .md file in it.")
    names = [name for agent in agents for name in (agent.id, *agent.aliases)]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise AgentFileError(f"Two agents in {folder} are called {twice!r}.")
    return Agents(agents)


def parse(name: str, text: str) -> Agent:
    """The agent in one file. Raises AgentFileError."""
    fields = _front_matter(name, text)
    try:
        return Agent.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "front matter"
        raise AgentFileError(f"{name}: {field}: {first['msg']}") from None


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.md") if path.name.lower() != "readme.md")


def _front_matter(name: str, text: str) -> dict[str, Any]:
    head, fence, body = text.removeprefix("---\n").partition("\n---\n")
    if not text.startswith("---\n") or not fence:
        raise AgentFileError(f"{name}: it must start with front matter between two lines of ---")
    try:
        fields = yaml.safe_load(head)
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or "it is not YAML"
        raise AgentFileError(f"{name}: front matter: {problem}") from None
    if not isinstance(fields, dict):
        raise AgentFileError(f"{name}: front matter must be a list of `name: value`")
    return {**fields, "instructions": body.strip()}
