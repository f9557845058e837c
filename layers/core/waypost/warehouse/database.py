"""One SQLite database, seen through the tables that are open to every tenant."""

import asyncio
import tempfile
import time
from pathlib import Path

from waypost.warehouse import query, schema, values
from waypost.warehouse.learned import LearnedDatabase, fingerprint, learned
from waypost.warehouse.names import folded
from waypost.warehouse.processes import QueryProcesses
from waypost.warehouse.query import QueryError, QueryLimits, QueryResult
from waypost.warehouse.relevance import relevance
from waypost.warehouse.schema import TableSchema

_MIN_PAUSE_FACTOR = 20
"""A database that changes all the time is looked at anew for a twentieth of the time at most."""
_MAX_UNLISTED = 10


class Database:
    """Questions about it run in processes of their own; see `processes`."""

    def __init__(
        self,
        path: Path,
        shared_tables: frozenset[str],
        limits: QueryLimits,
        cache: Path | None = None,
    ) -> None:
        """What is learned of the database is kept in `cache`, else in the temporary folder."""
        self._path = path
        self._shared = frozenset(map(folded, shared_tables))
        self._limits = limits
        self._cache = cache or Path(tempfile.gettempdir())
        self._learning: asyncio.Task[LearnedDatabase] | None = None
        self._learn_after = 0.0
        self._processes = QueryProcesses()

    async def tables(self) -> tuple[TableSchema, ...]:
        """The open tables, read once while the database stays the same.

        Raises:
            QueryError: `no_database` where the file cannot be read as one.
        """
        return (await self._learned()).schema.tables

    async def left_out(self) -> list[str]:
        """`name: reason` for each open table, view or column that SQLite cannot read."""
        return [str(one) for one in (await self._learned()).schema.left_out]

    async def schema(self, question: str = "") -> str:
        """The tables for a model that is going to query them.

        Of a large database the tables that `question` is about are described, the others named.
        """
        # It is ready before a model has written a query.
        asyncio.get_running_loop().run_in_executor(None, self._processes.start)
        found = (await self._learned()).schema
        about = relevance(found.tables, question, await self.mentioned(question))
        return schema.create_statements(found, about)

    async def summary(self) -> str:
        return schema.summary(await self.tables())

    async def unlisted(self, question: str) -> list[str]:
        """The tables that a question is about, where `summary` has no room for all columns."""
        tables = await self.tables()
        if schema.is_summary_complete(tables):
            return []
        about = relevance(tables, question, await self.mentioned(question))
        most = sorted(about, key=lambda name: -about[name])[:_MAX_UNLISTED]
        return [schema.table_line(table) for table in tables if table.name in most]

    async def mentioned(self, question: str) -> list[str]:
        """`Table.Column: 'value'` for each value that the question names."""
        found = await self._learned()
        try:
            return await asyncio.to_thread(found.mentioned, question)
        except QueryError:
            # Somebody has tidied the folder up.
            self._learning = None
            return await asyncio.to_thread((await self._learned()).mentioned, question)

    async def named(self, question: str) -> list[str]:
        """The `mentioned` lines of proper names alone: 'Brazil', not 'active'."""
        return [line for line in await self.mentioned(question) if values.is_named(line, question)]

    async def query(self, sql: str) -> QueryResult:
        """The rows. Where the caller is cancelled, the query ends.

        Raises:
            QueryError: See `query.run`.
        """
        names = frozenset(folded(table.name) for table in await self.tables())
        return await self._processes.run(query.uri(self._path), names, sql, self._limits)

    def close(self) -> None:
        """Ends the processes that wait for a query."""
        self._processes.close()

    async def _learned(self) -> LearnedDatabase:
        if self._learning is None or (self._learning.done() and self._is_outdated(self._learning)):
            self._learning = asyncio.create_task(self._learn())
        # Others wait for it, too.
        return await asyncio.shield(self._learning)

    def _is_outdated(self, learning: asyncio.Task[LearnedDatabase]) -> bool:
        if learning.cancelled() or learning.exception():
            return True
        if time.monotonic() < self._learn_after:
            return False
        return learning.result().fingerprint != fingerprint(self._path)

    async def _learn(self) -> LearnedDatabase:
        began = time.monotonic()
        found = await asyncio.to_thread(learned, self._path, self._shared, self._cache)
        ended = time.monotonic()
        self._learn_after = ended + (ended - began) * _MIN_PAUSE_FACTOR
        return found
