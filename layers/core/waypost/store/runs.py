"""Runs and their steps, as they are read."""

from waypost.errors import NotFound
from waypost.identity import Identity
from waypost.records import Run, Step
from waypost.store import journals
from waypost.store.keys import TenantKeys
from waypost.store.steps import step, steps_of
from waypost.store.table import Table
from waypost.store.threads import thread as find_thread


async def run(table: Table, who: Identity, run_id: str) -> tuple[Run, list[Step]]:
    """Raises NotFound, also where the run is somebody else's or its thread was deleted."""
    head = await journals.head(table, who, run_id)
    await find_thread(table, who, head.thread_id)
    keys = TenantKeys(who.tenant_id, who.user_id)
    items = await table.query(keys.partition(head.thread_id), f"R#{run_id}")
    if not items:
        raise NotFound("Run not found.", code="run_not_found")
    first, *steps = items
    return Run.model_validate(first), [*steps_of(first), *map(step, steps)]


async def thread_runs(table: Table, who: Identity, thread_id: str) -> list[tuple[Run, list[Step]]]:
    """Every run of a thread with its steps, oldest first."""
    found: list[tuple[Run, list[Step]]] = []
    for item in await table.query(
        TenantKeys(who.tenant_id, who.user_id).partition(thread_id), "R#"
    ):
        if "#S#" in item["sk"]:
            found[-1][1].append(step(item))
        else:
            found.append((Run.model_validate(item), steps_of(item)))
    return found


async def record(table: Table, who: Identity, thread_id: str, run_id: str) -> Run:
    """The run as it was last written, whoever's it is. Raises NotFound."""
    item = await table.get(TenantKeys(who.tenant_id, who.user_id).run(thread_id, run_id))
    if item is None:
        raise NotFound("Run not found.", code="run_not_found")
    return Run.model_validate(item)


async def latest(table: Table, who: Identity, thread_id: str) -> str | None:
    """The id of the run of a thread that began last."""
    pk = TenantKeys(who.tenant_id, who.user_id).partition(thread_id)
    found = await table.query(pk, "R#", newest_first=True, limit=1)
    # It may be a step of that run.
    return str(found[0]["sk"].split("#")[1]) if found else None
