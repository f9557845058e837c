"""A question's whole way, from a request that was understood to a finished run.

backend         what a process keeps between questions
request         what a client asks for
begin, resume   start a run, or one that continues another
thread_context  the thread of a run, with the history that the model is given
pipeline        the run's events: route, then answer
projection      what the events amount to, as it is stored
journal         writes the events, and renews the run's lease
live, follow    read a run: one of this process, or any other
recovery        ends a run whose process is gone
offline         questions whose model is called in a job
lookup          runs and threads as they are now
cancellation    cancels runs, deletes threads
"""

from waypost.runs.backend import Backend
from waypost.runs.begin import begin
from waypost.runs.follow import FollowedRun, follow
from waypost.runs.live import LiveRun
from waypost.runs.resume import resume

__all__ = ["Backend", "FollowedRun", "LiveRun", "begin", "follow", "resume"]
