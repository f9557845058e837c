"""Answers from tables: a question becomes a query of which every word has a part, or is refused.

`schema` is what the prompt shows of the database, and `tagging` says what each word may stand for
in it; `english.toml` holds the words. `sentence` finds the nouns among them, `restrictions` says
what is true of each, and `nodes` and `paths` how they hang together. `figures`, `rankings` and
`kinds` each read one kind of question, and `reading` asks for the account. `sql` writes the query,
`wording` puts its rows into English, and `followup` reads what leans on the question before.
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
