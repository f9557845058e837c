"""Whether what answers depend on can be reached: cheap looks, none of them at a model's cost."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from waypost.runs.backend import Backend
from waypost.warehouse import query

Part = Literal["ok", "failed", "absent"]
_PATIENCE = 2.0
_PORTS = {"https": 443, "http": 80}


async def parts(backend: Backend) -> dict[str, Part]:
    """By name: table, documents, database, model. `absent` is what the deployment does without."""
    looks = {
        "table": _look(backend.table.get({"pk": "health", "sk": "health"})),
        "documents": _documents(backend),
        "database": _database(backend),
        "model": _look(_reach(backend.resources.bedrock.meta.endpoint_url)),
    }
    return dict(zip(looks, await asyncio.gather(*looks.values()), strict=True))


async def _documents(backend: Backend) -> Part:
    knowledge = backend.resources.knowledge
    return await _look(knowledge.outline()) if knowledge else "absent"


async def _database(backend: Backend) -> Part:
    path = backend.settings.database
    return await _look(asyncio.to_thread(_open, path)) if path else "absent"


def _open(path: Path) -> None:
    with query.opened(path, _PATIENCE) as database:
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()


async def _look(look: Awaitable[object]) -> Part:
    try:
        async with asyncio.timeout(_PATIENCE):
            await look
    except Exception:
        # Whatever it is, it is not there to be used; which part that is, is all that is told.
        return "failed"
    return "ok"


async def _reach(url: str) -> None:
    """Only whether somebody listens there: a call would be paid for."""
    place = urlsplit(url)
    port = place.port or _PORTS[place.scheme]
    _, writer = await asyncio.open_connection(place.hostname, port)
    writer.close()
