"""The SQL database that an agent may question: read-only, one SELECT at a time, within limits.

Nothing here knows a tenant. A table is open only where the deployment declares it shared by all
of them; every other table does not exist as far as a question is concerned.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from waypost.warehouse.database import Database
    from waypost.warehouse.query import QueryError, QueryResult

__all__ = ["Database", "QueryError", "QueryResult"]
_MODULES = {"Database": "database", "QueryError": "query", "QueryResult": "query"}


def __getattr__(name: str) -> Any:
    """Imports what is asked for: the process that runs queries needs almost nothing."""
    if name not in _MODULES:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
