"""What Lambda tells a function about its invocation."""

import json
import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

logger = logging.getLogger(__name__)
_MAX_SECONDS = 900.0


@dataclass(frozen=True)
class Client:
    installation_id: str | None = None
    app_title: str | None = None
    app_version_name: str | None = None
    app_version_code: str | None = None
    app_package_name: str | None = None


@dataclass(frozen=True)
class ClientContext:
    """What a mobile SDK, or the invoker's `ClientContext` parameter, tells about the client."""

    custom: Any = None
    env: Any = None
    client: Client | None = None


@dataclass(frozen=True)
class CognitoIdentity:
    cognito_identity_id: str | None = None
    cognito_identity_pool_id: str | None = None


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
    client_context: ClientContext | None = None
    identity: CognitoIdentity = field(default_factory=CognitoIdentity)
    function_name: str = field(default_factory=lambda: _variable("FUNCTION_NAME"))
    function_version: str = field(default_factory=lambda: _variable("FUNCTION_VERSION"))
    memory_limit_in_mb: str = field(default_factory=lambda: _variable("FUNCTION_MEMORY_SIZE"))
    log_group_name: str = field(default_factory=lambda: _variable("LOG_GROUP_NAME"))
    log_stream_name: str = field(default_factory=lambda: _variable("LOG_STREAM_NAME"))

    @property
    def deadline(self) -> float:
        """When the invocation ends, in seconds since the epoch."""
        return self.deadline_ms / 1000

    def get_remaining_time_in_millis(self) -> int:
        return max(0, self.deadline_ms - time.time_ns() // 1_000_000)


def from_headers(headers: Mapping[str, str]) -> LambdaContext:
    """The context of an invocation, from the headers of the Runtime API's answer to `/next`."""
    client = _fields(headers, "lambda-runtime-client-context")
    cognito = _fields(headers, "lambda-runtime-cognito-identity") or {}
    return LambdaContext(
        aws_request_id=headers["lambda-runtime-aws-request-id"],
        invoked_function_arn=headers.get("lambda-runtime-invoked-function-arn", ""),
        deadline_ms=int(headers.get("lambda-runtime-deadline-ms") or _latest()),
        trace_id=headers.get("lambda-runtime-trace-id"),
        invocation_id=headers.get("lambda-runtime-invocation-id"),
        tenant_id=headers.get("lambda-runtime-aws-tenant-id"),
        client_context=_client_context(client) if client is not None else None,
        identity=CognitoIdentity(
            cognito.get("cognitoIdentityId"), cognito.get("cognitoIdentityPoolId")
        ),
    )


def _client_context(fields: Mapping[str, Any]) -> ClientContext:
    app = fields.get("client")
    client = Client(*map(app.get, Client.__match_args__)) if isinstance(app, dict) else None
    return ClientContext(fields.get("custom"), fields.get("env"), client)


def _fields(headers: Mapping[str, str], name: str) -> dict[str, Any] | None:
    text = headers.get(name)
    if not text:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        logger.warning("The header %s is no JSON object.", name)
        return None
    return value


def _variable(name: str) -> str:
    return os.environ.get(f"AWS_LAMBDA_{name}", "")


def _latest() -> int:
    return int((time.time() + _MAX_SECONDS) * 1000)
