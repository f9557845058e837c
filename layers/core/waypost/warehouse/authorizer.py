"""Which tables and functions a statement may touch, as SQLite asks before it runs.

https://sqlite.org/c3ref/set_authorizer.html
"""

import re
import sqlite3
from collections.abc import Callable

from waypost.warehouse.names import folded

TABLE_FUNCTIONS = frozenset(("json_each", "json_tree"))
_FUNCTIONS = frozenset(
    re.findall(
        r"\S+",
        "abs avg ceil ceiling char coalesce concat concat_ws count cume_dist current_date "
        "current_time current_timestamp date datetime degrees dense_rank exp first_value floor "
        "format glob group_concat hex if ifnull iif instr json json_array json_array_length "
        "json_error_position json_extract json_group_array json_group_object json_insert "
        "json_object json_patch json_pretty json_quote json_remove json_replace json_set json_type "
        "json_valid julianday lag last_value lead length like likelihood likely ln log log10 log2 "
        "lower ltrim max min mod nth_value ntile nullif octet_length percent_rank pi pow power "
        "printf quote radians random rank replace round row_number rtrim sign sqrt strftime "
        "string_agg substr substring sum time timediff total trim trunc typeof unhex unicode "
        "unixepoch unlikely upper -> ->>",
    )
)

Authorize = Callable[[int, str | None, str | None, str | None, str | None], int]
Refuse = Callable[[str, str], None]


def authorizer(tables: frozenset[str], existing: frozenset[str], refuse: Refuse) -> Authorize:
    """Lets a SELECT read the open tables and call harmless functions.

    Args:
        tables: The folded names of the open tables and views.
        existing: Those of all tables and views.
        refuse: Is told the code and the message of what is denied.
    """

    def authorize(
        action: int, first: str | None, second: str | None, _schema: str | None, _view: str | None
    ) -> int:
        if action == sqlite3.SQLITE_SELECT:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ:
            name = folded(first or "")
            # A view is open with the tables that it reads: SQLite tells views and WITH tables
            # apart by name alone, and a query may give any name to a WITH table.
            if name in tables or (name in TABLE_FUNCTIONS and name not in existing):
                return sqlite3.SQLITE_OK
            # `count(*)` over a WITH table reads its name and no column.
            if not second and name not in existing and not name.startswith(("sqlite_", "pragma_")):
                return sqlite3.SQLITE_OK
            refuse("table_refused", f"The table {first} is not open.")
        elif action == sqlite3.SQLITE_FUNCTION:
            if folded(second or "") in _FUNCTIONS:
                return sqlite3.SQLITE_OK
            refuse("function_refused", f"The function {second} is not allowed.")
        else:
            refuse("not_a_select", "Only a single SELECT is allowed.")
        return sqlite3.SQLITE_DENY

    return authorize
