"""Answers from passages: the sentences that answer are chosen and quoted, never rewritten.

`passages` are what there is to quote from, `units` what they are cut into, `score` says how well
each fits, and `answer` puts the chosen ones together. `searching` asks for more passages.
"""

from waypost_local.demo_model.documents.answer import answer, quoted
from waypost_local.demo_model.documents.passages import Quoted, everything, found, shown, topics
from waypost_local.demo_model.documents.searching import TOOL, next_piece, search
from waypost_local.demo_model.documents.units import units

__all__ = [
    "TOOL",
    "Quoted",
    "answer",
    "everything",
    "found",
    "next_piece",
    "quoted",
    "search",
    "shown",
    "topics",
    "units",
]
