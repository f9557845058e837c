"""What a model's quota allows: workers, hours and dollars of a batch."""

from dataclasses import dataclass
from math import ceil

from waypost.events import Usage
from waypost.models import catalogue

_TOGETHER = 10
"""Questions that a worker answers at once."""
_MIN_WORKERS, _MAX_WORKERS = 2, 1000
"""What an event source mapping takes as its MaximumConcurrency."""


@dataclass(frozen=True)
class Workload:
    """Questions, and what one of them needs. Tokens are those of one call."""

    questions: int
    tokens_per_minute: int
    requests_per_minute: int | None
    input_tokens: int
    output_tokens: int
    max_output: int
    calls: int
    seconds: float
    """Of one call."""
    model: str

    @property
    def calls_per_minute(self) -> float:
        """Calls that the quotas allow. One reserves its whole maximum of output when it begins."""
        by_tokens = self.tokens_per_minute / (self.input_tokens + self.max_output)
        return min(by_tokens, self.requests_per_minute or by_tokens)

    @property
    def workers(self) -> int:
        """Those that keep the quota busy, within what Lambda allows."""
        wanted = ceil(self.calls_per_minute * self.seconds / 60 / _TOGETHER)
        return max(_MIN_WORKERS, min(_MAX_WORKERS, wanted))

    @property
    def questions_per_minute(self) -> float:
        """Of all workers, or as the quota allows."""
        by_workers = self.workers * _TOGETHER * 60 / self.seconds
        return min(self.calls_per_minute, by_workers) / self.calls

    @property
    def hours(self) -> float:
        return self.questions / self.questions_per_minute / 60

    @property
    def dollars(self) -> float | None:
        """Of the model alone; None where its price is not known."""
        usage = Usage(input_tokens=self.input_tokens, output_tokens=self.output_tokens)
        cost = catalogue.cost(self.model, usage)
        return None if cost is None else cost * self.calls * self.questions


def describe(load: Workload) -> str:
    price = "not known" if load.dollars is None else f"{load.dollars:,.2f} $"
    reserved, used = load.input_tokens + load.max_output, load.input_tokens + load.output_tokens
    return "\n".join(
        [
            f"BatchConcurrency={load.workers}  workers, {_TOGETHER} questions at once each",
            f"{load.questions_per_minute:,.0f} questions a minute: {load.questions:,} in "
            f"{load.hours:,.1f} hours",
            f"Model: {price} ({load.model}, prices as of {catalogue.prices_as_of()})",
            f"A call reserves {reserved:,} tokens of the quota, and uses {used:,}: a smaller "
            "BatchMaxOutputTokens is faster.",
        ]
    )
