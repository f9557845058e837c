"""One SQLite database, seen through the tables that are open to every tenant."""

import asyncio
import sqlite3
from pathlib import Path

from waypost.warehouse import query, schema, values
from waypost.warehouse.query import QueryError, QueryLimits, QueryResult
from waypost.warehouse.schema import TableSchema

_READ_SECONDS = 3.0


class Database:
    """Questions about it run in worker threads, each on a connection of its own."""

    def __init__(self, path: Path, shared_tables: frozenset[str], limits: QueryLimits) -> None:
        self._path = path
        self._shared = shared_tables
        self._limits = limits
        self._tables: tuple[TableSchema, ...] | None = None
        self._reading = asyncio.Lock()

    async def tables(self) -> tuple[TableSchema, ...]:
        """The open tables, read once.

        Raises:
            QueryError: `no_database` where the file cannot be read as one.
        """
        async with self._reading:
            if self._tables is None:
                self._tables = await asyncio.to_thread(self._read)
        return self._tables

    async def schema(self) -> str:
        return schema.create_statements(await self.tables())

    async def summary(self) -> str:
        return schema.summary(await self.tables())

    async def mentioned(self, question: str) -> list[str]:
        """`Table.Column: 'value'` for each value that the question names."""
        return await asyncio.to_thread(self._mentioned, await self.tables(), question)

    async def named(self, question: str) -> list[str]:
        """The `mentioned` lines of proper names alone: 'Brazil', not 'active'."""
        return [line for line in await self.mentioned(question) if values.is_named(line, question)]

    async def query(self, sql: str) -> QueryResult:
        """Raises QueryError."""
        names = frozenset(table.name.lower() for table in await self.tables())
        return await asyncio.to_thread(query.run, self._path, names, sql, self._limits)

    def _read(self) -> tuple[TableSchema, ...]:
        try:
            with query.open_database(self._path, _READ_SECONDS * 5) as db:
                return schema.tables(db, self._shared)
        except sqlite3.Error as error:
            raise QueryError("no_database", "The database cannot be read.") from error

    def _mentioned(self, found: tuple[TableSchema, ...], question: str) -> list[str]:
        lines: list[str] = []
        try:
            with query.open_database(self._path, _READ_SECONDS) as db:
                lines.extend(values.mentioned(db, found, question))
        except sqlite3.OperationalError:
            # Too many rows to search in time: what was found so far is still true.
            return lines
        return lines
