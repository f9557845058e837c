"""Agents and their versions: one item says how an agent is now, and one keeps each version."""

from waypost.identity import Identity
from waypost.records import AgentVersion, CurrentAgent
from waypost.store.items import to_item
from waypost.store.keys import TenantKeys
from waypost.store.table import Table, Values, dumped, put_new


async def current(table: Table, who: Identity) -> list[CurrentAgent]:
    """Every agent of a tenant as it is now, the deleted ones too, by id."""
    items = await table.query(TenantKeys(who.tenant_id).tenant_pk, "AGENT#")
    return [CurrentAgent.model_validate(item) for item in items]


async def versions(table: Table, who: Identity, agent_id: str, limit: int) -> list[AgentVersion]:
    """The last `limit` versions of an agent, newest first."""
    keys = TenantKeys(who.tenant_id)
    items = await table.query(
        keys.tenant_pk, keys.agent_versions(agent_id), newest_first=True, limit=limit
    )
    return [AgentVersion.model_validate(item) for item in items]


async def version(table: Table, who: Identity, agent_id: str, number: int) -> AgentVersion | None:
    item = await table.get(TenantKeys(who.tenant_id).agent_version(agent_id, number))
    return AgentVersion.model_validate(item) if item else None


async def write(
    table: Table,
    who: Identity,
    agent: CurrentAgent,
    before: CurrentAgent | None,
    added: AgentVersion | None = None,
) -> None:
    """One transaction: how an agent is now, and the version that is added to the others.

    Args:
        before: How the agent was when it was looked at; None where it was not there.
        added: Where None, `agent` itself.

    Raises:
        ConditionFailed: The agent is no longer as `before` says.
    """
    keys = TenantKeys(who.tenant_id)
    kept = added or AgentVersion.model_validate(agent.model_dump())
    same: Values = {"ConditionExpression": "attribute_not_exists(pk)"}
    if before:
        same = {
            "ConditionExpression": "version = :version AND latest = :latest",
            "ExpressionAttributeValues": to_item(
                {":version": before.version, ":latest": before.latest}
            ),
        }
    item = to_item({**keys.agent(agent.id), **dumped(agent)})
    await table.transact(
        [
            {"Put": {"Item": item, **same}},
            put_new({**keys.agent_version(agent.id, kept.version), **dumped(kept)}),
        ]
    )
