"""The SQL database that an agent may question: read-only, one SELECT at a time, within limits.

Nothing here knows a tenant. A table is open only where the deployment declares it shared by all
of them; every other table does not exist as far as a question is concerned.
"""

from waypost.warehouse.database import Database
from waypost.warehouse.query import QueryError, QueryResult

__all__ = ["Database", "QueryError", "QueryResult"]
