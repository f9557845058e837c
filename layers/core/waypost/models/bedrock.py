"""The boto3 client for Bedrock's runtime."""

import hashlib
from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

from waypost import aws
from waypost.settings import CallSettings

_NO_LABELS: Mapping[str, str] = MappingProxyType({})
_PATIENCE = 600
"""Seconds to wait for an answer that comes in one piece."""
labels: ContextVar[Mapping[str, str]] = ContextVar("labels", default=_NO_LABELS)
"""What calls are marked with, for the allocation of costs: `requestMetadata`."""
_settings: WeakKeyDictionary[Any, CallSettings] = WeakKeyDictionary()


def connect(read_timeout: float = 30, calls: CallSettings | None = None) -> Any:
    """A bedrock-runtime client that never retries by itself: our own loops decide that.

    Takes about 0.05 s, so call it off the event loop and never at import.
    """
    return _client(read_timeout, calls or CallSettings())


@lru_cache(maxsize=8)
def patient(client: Any) -> Any:
    """The like of a client for answers that come in one piece, which take longer to begin."""
    return _client(
        _PATIENCE,
        _settings.get(client, CallSettings()),
        region_name=client.meta.region_name,
        endpoint_url=client.meta.endpoint_url,
    )


def _client(read_timeout: float, calls: CallSettings, **options: Any) -> Any:
    from botocore.config import Config

    config = Config(
        connect_timeout=2,
        read_timeout=read_timeout,
        tcp_keepalive=True,
        max_pool_connections=50,
        retries={"total_max_attempts": 1},
    )
    client = aws.client("bedrock-runtime", config, **options)
    _settings[client] = calls
    for operation in ("Converse", "ConverseStream"):
        event = f"provide-client-params.bedrock-runtime.{operation}"
        client.meta.events.register(event, partial(_applied, calls))
    return client


def hashed(name: str) -> str:
    """A name as a label: the same for the same name, and no way back from it."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def _applied(calls: CallSettings, params: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The parameters of a call under the settings."""
    changed = within(calls, params)
    if calls.service_tier:
        changed["serviceTier"] = {"type": calls.service_tier}
    if calls.guardrail:
        identifier, version = calls.guardrail
        changed["guardrailConfig"] = {
            "guardrailIdentifier": identifier,
            "guardrailVersion": version,
        }
    if calls.cache_ttl and "system" in changed:
        changed["system"] = [_kept(block, calls.cache_ttl) for block in changed["system"]]
    if marked := labels.get():
        changed["requestMetadata"] = dict(marked)
    return changed


def _kept(block: dict[str, Any], ttl: str) -> dict[str, Any]:
    """A cache point with the time that its prefix is kept."""
    return {"cachePoint": {**block["cachePoint"], "ttl": ttl}} if "cachePoint" in block else block


def within(calls: CallSettings, params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a call, with no more output than the settings allow."""
    changed = dict(params)
    if calls.max_output:
        limits = dict(params.get("inferenceConfig", {}))
        limits["maxTokens"] = min(calls.max_output, limits.get("maxTokens", calls.max_output))
        changed["inferenceConfig"] = limits
    return changed
