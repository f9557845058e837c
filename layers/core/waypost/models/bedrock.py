"""The boto3 client for Bedrock's runtime."""

import os
from functools import partial
from typing import Any

from waypost.settings import CallSettings


def connect(read_timeout: float = 30, calls: CallSettings | None = None) -> Any:
    """A bedrock-runtime client that never retries by itself: our own loops decide that.

    Takes about 0.1 s, so call it off the event loop and never at import.
    """
    from boto3.session import Session
    from botocore.config import Config

    config = Config(
        connect_timeout=2,
        read_timeout=read_timeout,
        tcp_keepalive=True,
        max_pool_connections=50,
        retries={"total_max_attempts": 1},
    )
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    client = Session().client("bedrock-runtime", config=config, region_name=region)
    for operation in ("Converse", "ConverseStream"):
        event = f"provide-client-params.bedrock-runtime.{operation}"
        client.meta.events.register(event, partial(_applied, calls or CallSettings()))
    return client


def _applied(calls: CallSettings, params: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The parameters of a call under the settings."""
    changed = within(calls, params)
    if calls.service_tier:
        changed["serviceTier"] = {"type": calls.service_tier}
    return changed


def within(calls: CallSettings, params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a call, with no more output than the settings allow."""
    changed = dict(params)
    if calls.max_output:
        limits = dict(params.get("inferenceConfig", {}))
        limits["maxTokens"] = min(calls.max_output, limits.get("maxTokens", calls.max_output))
        changed["inferenceConfig"] = limits
    return changed
