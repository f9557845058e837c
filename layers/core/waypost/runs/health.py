"""Whether what answers depend on can be reached: cheap checks that call no model."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from waypost.runs.backend import Backend
from waypost.warehouse import QueryError, query

PartStatus = Literal["ok", "failed", "absent"]
_TIMEOUT = 2.0
_PORTS = {"https": 443, "http": 80}


async def check_parts(backend: Backend) -> dict[str, PartStatus]:
    """By name: table, documents, database, model. `absent` is what is not configured."""
    checks = {
        "table": _status_of(backend.table.get({"pk": "health", "sk": "health"})),
        "documents": _check_documents(backend),
        "database": _check_database(backend),
        "model": _status_of(_connect(backend.resources.bedrock.meta.endpoint_url)),
    }
    return dict(zip(checks, await asyncio.gather(*checks.values()), strict=True))


async def unreadable(backend: Backend) -> list[str]:
    """`name: reason` of each table, view or column of the database that questions cannot reach."""
    warehouse = backend.resources.warehouse
    if warehouse is None:
        return []
    try:
        async with asyncio.timeout(_TIMEOUT):
            return await warehouse.left_out()
    except (QueryError, TimeoutError):
        # That the database failed is reported as a part; or it is still being looked at.
        return []


async def _check_documents(backend: Backend) -> PartStatus:
    knowledge = backend.resources.knowledge
    return await _status_of(knowledge.outline()) if knowledge else "absent"


async def _check_database(backend: Backend) -> PartStatus:
    path = backend.settings.database
    return await _status_of(asyncio.to_thread(_read_schema, path)) if path else "absent"


def _read_schema(path: Path) -> None:
    with query.open_database(path, _TIMEOUT) as database:
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()


async def _status_of(check: Awaitable[object]) -> PartStatus:
    try:
        async with asyncio.timeout(_TIMEOUT):
            await check
    except Exception:
        # Whatever it is, the part cannot be used; which part that is, is all that is reported.
        return "failed"
    return "ok"


async def _connect(url: str) -> None:
    """Only whether somebody listens there: a call would be paid for."""
    address = urlsplit(url)
    port = address.port or _PORTS[address.scheme]
    _, writer = await asyncio.open_connection(address.hostname, port)
    writer.close()
