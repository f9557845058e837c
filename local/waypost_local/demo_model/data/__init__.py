"""Questions to a database: read by rules, asked in SQL, answered from the rows.

`schema` is what the prompt shows. `said` is a question with the tables, columns, values, numbers
and times that `links`, `comparing` and `dates` recognise in it. `reading` makes a `query` of it:
`ranking`, `measuring`, `lookups`, `lists` and `shares` know one kind of question each, `filters`
adds the conditions. `sql` writes the query down, `phrase` puts its rows into words, and
`followup` makes a question whole that leans on the one before.
"""

from waypost_local.demo_model.data.answer import (
    TOOL,
    Understood,
    answer,
    asked_of,
    first_row,
    query,
    told,
)

__all__ = ["TOOL", "Understood", "answer", "asked_of", "first_row", "query", "told"]
