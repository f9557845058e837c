"""Why a model stopped, in Bedrock's terms, and what that means for its turn.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from typing import Literal

FinishReason = Literal["stop", "length", "content_filter"]
CUT_OFF = frozenset({"max_tokens", "model_context_window_exceeded"})
"""The turn has no end: none of its calls is made, and its answer can be continued."""
BLOCKED = frozenset({"guardrail_intervened", "content_filtered"})
"""A guardrail or the model's own filter has replaced or ended the turn; no call is made."""
MALFORMED = frozenset({"malformed_tool_use", "malformed_model_output"})
"""The model wrote what Bedrock cannot read: worth another try."""
WITHOUT_CALLS = CUT_OFF | BLOCKED | MALFORMED


def finish_reason(stop_reason: str) -> FinishReason:
    """Why an answer ended, in the terms of most protocols."""
    if stop_reason in CUT_OFF:
        return "length"
    return "content_filter" if stop_reason in BLOCKED else "stop"
