"""What goes wrong, by the names that Lambda's `errorType` shows.

    Failure
    ├── MalformedEvent      the event says that it is an HTTP request but is not a whole one
    ├── HandlerError        `_HANDLER` or `WAYPOST_EVENT_HANDLER` names nothing that can be called
    ├── BadSetting          another variable of the environment cannot be understood
    └── StartupFailed       the app said that it could not start

Everything else keeps the name of its own exception, as in the managed runtime.
"""


class Failure(Exception):
    """A failure that is told to Lambda with its `kind` and its text."""

    kind = "Runtime.Failure"


class MalformedEvent(Failure):
    kind = "Runtime.MalformedEvent"


class HandlerError(Failure):
    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class BadSetting(Failure):
    kind = "Runtime.BadSetting"


class StartupFailed(Failure):
    kind = "Runtime.StartupFailed"


def kind_of(error: BaseException) -> str:
    """The `errorType` of any exception."""
    return error.kind if isinstance(error, Failure) else type(error).__name__
