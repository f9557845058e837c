"""One SQLite database, seen through the tables that are open to every tenant."""

import asyncio
import sqlite3
from pathlib import Path

from waypost.warehouse import query, schema, values
from waypost.warehouse.query import Caps, QueryError, Result
from waypost.warehouse.schema import Table

_LOOK_SECONDS = 3.0


class Database:
    """Questions about it run in worker threads, each on a connection of its own."""

    def __init__(self, path: Path, shared_tables: frozenset[str], caps: Caps) -> None:
        self._path = path
        self._shared = shared_tables
        self._caps = caps
        self._tables: tuple[Table, ...] | None = None
        self._looking = asyncio.Lock()

    async def tables(self) -> tuple[Table, ...]:
        """The open tables, looked at once.

        Raises:
            QueryError: `no_database` where the file cannot be read as one.
        """
        async with self._looking:
            if self._tables is None:
                self._tables = await asyncio.to_thread(self._look)
        return self._tables

    async def schema(self) -> str:
        return schema.described(await self.tables())

    async def summary(self) -> str:
        return schema.summary(await self.tables())

    async def mentioned(self, question: str) -> list[str]:
        """`Table.Column: 'value'` for each value that the question names."""
        return await asyncio.to_thread(self._mentioned, await self.tables(), question)

    async def named(self, question: str) -> list[str]:
        """The `mentioned` lines of proper names alone: 'Brazil', not 'active'."""
        return [line for line in await self.mentioned(question) if values.is_named(line, question)]

    async def query(self, sql: str) -> Result:
        """Raises QueryError."""
        names = frozenset(table.name.lower() for table in await self.tables())
        return await asyncio.to_thread(query.run, self._path, names, sql, self._caps)

    def _look(self) -> tuple[Table, ...]:
        try:
            with query.opened(self._path, _LOOK_SECONDS * 5) as db:
                return schema.tables(db, self._shared)
        except sqlite3.Error as error:
            raise QueryError("no_database", "The database cannot be read.") from error

    def _mentioned(self, found: tuple[Table, ...], question: str) -> list[str]:
        lines: list[str] = []
        try:
            with query.opened(self._path, _LOOK_SECONDS) as db:
                lines.extend(values.mentioned(db, found, question))
        except sqlite3.OperationalError:
            # Too many rows to look through in time: what was found so far is still true.
            return lines
        return lines
