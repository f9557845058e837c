"""Questions to a database: read by rules, asked in SQL, answered from the rows."""

from waypost_local.builtin.data.answer import TOOL, answer

__all__ = ["TOOL", "answer"]
