"""What Lambda tells a function about its invocation."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class LambdaContext:
    """The attributes of https://docs.aws.amazon.com/lambda/latest/dg/python-context.html."""

    aws_request_id: str
    invoked_function_arn: str
    deadline_ms: int
    """When the invocation ends, in milliseconds since the epoch."""
    trace_id: str | None = None
    invocation_id: str | None = None
    tenant_id: str | None = None
    client_context: Any = None
    identity: Any = None
    function_name: str = field(default_factory=lambda: _variable("FUNCTION_NAME"))
    function_version: str = field(default_factory=lambda: _variable("FUNCTION_VERSION"))
    memory_limit_in_mb: str = field(default_factory=lambda: _variable("FUNCTION_MEMORY_SIZE"))
    log_group_name: str = field(default_factory=lambda: _variable("LOG_GROUP_NAME"))
    log_stream_name: str = field(default_factory=lambda: _variable("LOG_STREAM_NAME"))

    def get_remaining_time_in_millis(self) -> int:
        return max(0, self.deadline_ms - time.time_ns() // 1_000_000)


def from_headers(headers: Mapping[str, str]) -> LambdaContext:
    """The context of an invocation, from the headers of the Runtime API's answer to `/next`."""
    return LambdaContext(
        aws_request_id=headers["lambda-runtime-aws-request-id"],
        invoked_function_arn=headers.get("lambda-runtime-invoked-function-arn", ""),
        deadline_ms=int(headers.get("lambda-runtime-deadline-ms", "0")),
        trace_id=headers.get("lambda-runtime-trace-id"),
        invocation_id=headers.get("lambda-runtime-invocation-id"),
        tenant_id=headers.get("lambda-runtime-aws-tenant-id"),
        client_context=_json(headers.get("lambda-runtime-client-context")),
        identity=_json(headers.get("lambda-runtime-cognito-identity")),
    )


def _variable(name: str) -> str:
    return os.environ.get(f"AWS_LAMBDA_{name}", "")


def _json(text: str | None) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None
