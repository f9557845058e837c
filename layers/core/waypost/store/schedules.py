"""Standing sets of questions, by tenant."""

from waypost.errors import NotFound
from waypost.identity import Identity
from waypost.records import Schedule
from waypost.store.items import to_item
from waypost.store.keys import TenantKeys
from waypost.store.table import ConditionFailed, Table, dumped


async def create(table: Table, who: Identity, schedule: Schedule) -> None:
    item = {**TenantKeys(who.tenant_id, who.user_id).schedule(schedule.id), **dumped(schedule)}
    await table.put(item, "attribute_not_exists(pk)")


async def read(table: Table, who: Identity, schedule_id: str) -> Schedule:
    """Raises NotFound."""
    found = await table.get(TenantKeys(who.tenant_id, who.user_id).schedule(schedule_id))
    if found is None:
        raise NotFound("Schedule not found.", code="schedule_not_found")
    return Schedule.model_validate(found)


async def all_of(table: Table, who: Identity) -> list[Schedule]:
    """The tenant's, by id, which is by the time that they were made."""
    found = await table.query(TenantKeys(who.tenant_id, who.user_id).tenant_pk, "SCHEDULE#")
    return [Schedule.model_validate(item) for item in found]


async def remove(table: Table, who: Identity, schedule_id: str) -> None:
    await table.remove([TenantKeys(who.tenant_id, who.user_id).schedule(schedule_id)])


async def note(table: Table, who: Identity, schedule_id: str, **values: str) -> None:
    """Sets values of a schedule that is still there."""
    try:
        await table.update(
            {
                "Key": to_item(TenantKeys(who.tenant_id, who.user_id).schedule(schedule_id)),
                "UpdateExpression": "SET " + ", ".join(f"{name} = :{name}" for name in values),
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeValues": to_item({f":{n}": v for n, v in values.items()}),
            }
        )
    except ConditionFailed:
        return
