"""What can go wrong, each kind with a stable code and an HTTP status.

    WaypostError
    ├── CallerError          the caller's mistake: 4xx, nothing was written
    │   ├── Invalid          422
    │   ├── Unauthenticated  401
    │   │   └── TokenRefused 401, with the challenge to send another token
    │   ├── Forbidden        403
    │   ├── NotFound         404
    │   ├── Conflict         409
    │   │   └── RunLive      409, with the id of the run that is in the way
    │   └── Gone             410: it existed, and was deleted or has expired
    ├── ModelError           the model's side: 503 before the stream, `run.failed` inside it
    │   ├── ModelBusy        throttled or overloaded, worth another try
    │   ├── ModelBroken      it failed or its stream broke off, worth another try
    │   ├── ModelRefused     our request is not accepted; trying again changes nothing
    │   └── ModelBlocked     a guardrail or the model's own filter let no answer through
    ├── Unavailable          the deployment lacks what an agent needs
    ├── StoreUnavailable     503: the table cannot be reached
    ├── KeysUnavailable      503: the keys that tokens are checked with cannot be fetched
    ├── NotSaved             an answer was given, and could not be stored
    ├── LimitReached         an agent used up its budget
    ├── Interrupted          the run's process ended before the run did
    └── DeadlinePassed       the invocation's time is over

A message is written for the person who asked: it names nothing internal.
"""

from typing import Any


class WaypostError(Exception):
    code = "internal"
    status = 500
    retryable = False
    message = "Something went wrong on our side."

    def __init__(self, message: str | None = None, *, code: str | None = None) -> None:
        self.message = message or self.message
        self.code = code or self.code
        self.details: dict[str, Any] = {}
        """More for the caller's program, beside `code` and `message`."""
        super().__init__(self.message)


class CallerError(WaypostError):
    code = "bad_request"
    status = 400
    message = "The request is not valid."


class Invalid(CallerError):
    code = "invalid_request"
    status = 422
    message = "The request is not valid."


class Unauthenticated(CallerError):
    code = "unauthenticated"
    status = 401
    message = "The caller's identity is missing or not trusted."


class TokenRefused(Unauthenticated):
    code = "token_invalid"
    message = "The bearer token is not valid."


class Forbidden(CallerError):
    code = "forbidden"
    status = 403
    message = "Your roles do not allow this."


class NotFound(CallerError):
    code = "not_found"
    status = 404
    message = "Not found."


class ThreadDeleted(NotFound):
    """Told as if it had never been there."""

    code = "thread_not_found"
    message = "Thread not found."


class Conflict(CallerError):
    code = "conflict"
    status = 409
    message = "It was changed by another request at the same time."


class RunLive(Conflict):
    code = "run_live"
    message = "The thread's previous question is still being answered."

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.details["run_id"] = run_id


class Gone(CallerError):
    code = "gone"
    status = 410
    message = "No longer available."


class ModelError(WaypostError):
    code = "model_error"
    status = 503
    retryable = True
    message = "The model could not answer. Please try again."


class ModelBusy(ModelError):
    code = "model_busy"
    message = "The model is busy right now. Please try again in a moment."


class ModelBroken(ModelError):
    code = "model_failed"
    message = "The model broke off. Please try again."


class ModelRefused(ModelError):
    code = "model_refused"
    retryable = False
    message = "The model does not accept this request."


class ModelBlocked(ModelError):
    code = "content_filtered"
    retryable = False
    message = "A safety filter let no answer to this question through."


class StoreUnavailable(WaypostError):
    code = "store_unavailable"
    status = 503
    retryable = True
    message = "The database cannot be reached right now. Please try again in a moment."


class KeysUnavailable(WaypostError):
    code = "keys_unavailable"
    status = 503
    retryable = True
    message = "Bearer tokens cannot be checked right now. Please try again in a moment."

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after
        """Seconds."""


class NotSaved(WaypostError):
    code = "not_saved"
    status = 503
    retryable = True
    message = "The answer could not be saved."


class LimitReached(WaypostError):
    code = "limit_reached"
    message = "The agent used up its steps for this question without an answer."


class DeadlinePassed(WaypostError):
    code = "deadline"
    status = 504
    retryable = True
    message = "The time for this answer is over."


class Interrupted(WaypostError):
    code = "interrupted"
    status = 503
    retryable = True
    message = "The answer was interrupted. What had been written by then is stored."


class Unavailable(WaypostError):
    """An agent needs something that this deployment does not have."""

    code = "unavailable"
    status = 503
    message = "This cannot be answered here."


def raised_at(error: BaseException) -> str:
    """The file and line that raised `error`. Not its text, which may hold what a user wrote."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown"
