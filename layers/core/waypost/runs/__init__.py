"""A question's whole way, from a request that was understood to a finished run.

`backend` holds what a process keeps between questions, `begin` starts a run, `answer` is its
events, `journal` numbers them and keeps the books, `live` lets any number of readers follow.
"""

from waypost.runs.backend import Backend
from waypost.runs.begin import begin
from waypost.runs.live import LiveRun

__all__ = ["Backend", "LiveRun", "begin"]
