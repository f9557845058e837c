"""Agents and their versions: an item for the current version, and one for each version."""

from waypost.identity import Identity
from waypost.records import AgentVersion, CurrentAgent
from waypost.store.items import to_item
from waypost.store.keys import TenantKeys
from waypost.store.table import Table, Values, dumped, put_new


async def current(table: Table, who: Identity) -> list[CurrentAgent]:
    """The current version of every agent of a tenant, the deleted ones too, by id."""
    items = await table.query(TenantKeys(who.tenant_id, who.user_id).tenant_pk, "AGENT#")
    return [CurrentAgent.model_validate(item) for item in items]


async def versions(table: Table, who: Identity, agent_id: str, limit: int) -> list[AgentVersion]:
    """The last `limit` versions of an agent, newest first."""
    keys = TenantKeys(who.tenant_id, who.user_id)
    items = await table.query(
        keys.tenant_pk, keys.agent_versions(agent_id), newest_first=True, limit=limit
    )
    return [AgentVersion.model_validate(item) for item in items]


async def version(table: Table, who: Identity, agent_id: str, number: int) -> AgentVersion | None:
    item = await table.get(TenantKeys(who.tenant_id, who.user_id).agent_version(agent_id, number))
    return AgentVersion.model_validate(item) if item else None


async def write(
    table: Table,
    who: Identity,
    agent: CurrentAgent,
    before: CurrentAgent | None,
    added: AgentVersion | None = None,
) -> None:
    """One transaction: the current version, and the version that is added to the others.

    Args:
        before: The agent as it was read before the change; None where there was none.
        added: Where None, `agent` itself.

    Raises:
        ConditionFailed: The agent is no longer as `before` says.
    """
    keys = TenantKeys(who.tenant_id, who.user_id)
    version = added or AgentVersion.model_validate(agent.model_dump())
    condition: Values = {"ConditionExpression": "attribute_not_exists(pk)"}
    if before:
        condition = {
            "ConditionExpression": "version = :version AND latest = :latest",
            "ExpressionAttributeValues": to_item(
                {":version": before.version, ":latest": before.latest}
            ),
        }
    item = to_item({**keys.agent(agent.id), **dumped(agent)})
    await table.transact(
        [
            {"Put": {"Item": item, **condition}},
            put_new({**keys.agent_version(agent.id, version.version), **dumped(version)}),
        ]
    )
