"""`/api/agents`: the tenant's agents, and changes to them while the deployment runs."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from waypost.registry import Editor
from waypost_chat.bodies.agents import (
    AgentList,
    AgentVersions,
    AgentView,
    AllowedView,
    ChangedAgent,
    Deleted,
    NewAgent,
    Rollback,
)
from waypost_chat.routes.dependencies import ADMIN, Admin, BackendOf, Caller

router = APIRouter(prefix="/api/agents", tags=["agents"])


def _editor(backend: BackendOf) -> Editor:
    return backend.editor


EditorOf = Annotated[Editor, Depends(_editor)]
Number = Annotated[int, Path(ge=1, le=999_999)]


@router.get("")
async def list_agents(
    editor: EditorOf,
    who: Caller,
    deleted: Annotated[bool, Query(description="Those that were deleted, instead")] = False,
) -> AgentList:
    """The tenant's agents by id, and what an agent may name here."""
    agents = [AgentView.of(agent) for agent in await editor.agents(who, deleted=deleted)]
    allowed = AllowedView.model_validate(editor.allowed, from_attributes=True)
    return AgentList(
        agents=agents, total=len(agents), allowed=allowed, may_write=ADMIN in who.roles
    )


@router.post("", status_code=201)
async def create_agent(body: NewAgent, editor: EditorOf, who: Admin) -> AgentView:
    """A new agent, which can be asked at once. 409 where its id or an alias is taken."""
    return AgentView.of(await editor.create(who, body.model_dump()))


@router.get("/{agent_id}")
async def read_agent(agent_id: str, editor: EditorOf, who: Caller) -> AgentView:
    """An agent by its id or an alias."""
    return AgentView.of(await editor.agent(who, agent_id))


@router.put("/{agent_id}")
async def replace_agent(
    agent_id: str, body: ChangedAgent, editor: EditorOf, who: Admin
) -> AgentView:
    """The next version of an agent, live everywhere within seconds.

    409 `version_conflict` where `version` is not the current one; `error.version` is.
    """
    fields = body.model_dump(exclude={"version"})
    return AgentView.of(await editor.replace(who, agent_id, fields, body.version))


@router.delete("/{agent_id}")
async def delete_agent(
    agent_id: str,
    editor: EditorOf,
    who: Admin,
    version: Annotated[
        int | None, Query(ge=1, le=999_999, description="Only where this is the current one")
    ] = None,
) -> Deleted:
    """Takes an agent away. Its versions stay, and a rollback brings it back."""
    await editor.delete(who, agent_id, version)
    return Deleted(message="Agent deleted successfully")


@router.get("/{agent_id}/versions")
async def list_versions(agent_id: str, editor: EditorOf, who: Caller) -> AgentVersions:
    """The last 200 versions of an agent, newest first; a deleted agent's too."""
    versions = [AgentView.of(version) for version in await editor.versions(who, agent_id)]
    return AgentVersions(versions=versions, total=len(versions))


@router.get("/{agent_id}/versions/{number}")
async def read_version(agent_id: str, number: Number, editor: EditorOf, who: Caller) -> AgentView:
    """An agent as one of its versions had it; a deleted agent's too."""
    return AgentView.of(await editor.version(who, agent_id, number))


@router.post("/{agent_id}/rollback")
async def roll_back(agent_id: str, body: Rollback, editor: EditorOf, who: Admin) -> AgentView:
    """A new version with an earlier one's content. Also brings back what was deleted."""
    return AgentView.of(await editor.restore(who, agent_id, body.version, body.current))
