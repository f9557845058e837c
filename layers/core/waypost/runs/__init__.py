"""A question's whole way, from a request that was understood to a finished run.

`backend` holds what a process keeps between questions. `begin` starts a run and `resume` one that
goes on with another; `answer` is its events, `books` what they amount to, `journal` writes them
down, `live` lets any number of readers follow. `follow` reads a run that another process works on,
`reading` tells how runs and threads are now, and `settle` ends a run whose process is gone.
"""

from waypost.runs.backend import Backend
from waypost.runs.begin import begin
from waypost.runs.follow import FollowedRun, follow
from waypost.runs.live import LiveRun
from waypost.runs.resume import resume

__all__ = ["Backend", "FollowedRun", "LiveRun", "begin", "follow", "resume"]
