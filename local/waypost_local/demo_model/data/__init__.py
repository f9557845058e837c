"""Answers from tables: a question becomes a query of which every word has a part, or is refused.

`schema` is what the prompt shows of the database, `tagging` says what each word may stand for in
it, `reading` makes a query of that, `nodes` and `paths` say how its nouns hang together, `sql`
writes it, `wording` puts the rows into English, and `followup` reads what leans on the question
before. `english.toml` holds the words.
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
from waypost_local.demo_model.data.answer import questions as examples

__all__ = ["TOOL", "Understood", "answer", "asked_of", "examples", "first_row", "query", "told"]
