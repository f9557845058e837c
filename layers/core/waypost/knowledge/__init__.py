"""Documents, split into passages and searchable, with nothing to run but SQLite."""

from waypost.knowledge.folder import Folder
from waypost.knowledge.passage import Passage

__all__ = ["Folder", "Passage"]
