"""A function URL's CORS settings, applied as the URL itself does on AWS.

https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
"""

from collections.abc import Mapping
from typing import Any

Settings = Mapping[str, Any]


def headers(cors: Settings | None, origin: str | None) -> dict[str, str]:
    """What the URL adds to an answer for a page of `origin`."""
    if not cors or not origin or not _allowed(cors, origin):
        return {}
    added = {"access-control-allow-origin": _origin(cors, origin), "vary": "Origin"}
    if cors.get("AllowCredentials"):
        added["access-control-allow-credentials"] = "true"
    if cors.get("ExposeHeaders"):
        added["access-control-expose-headers"] = ",".join(cors["ExposeHeaders"])
    return added


def preflight(cors: Settings | None, origin: str | None) -> dict[str, str]:
    """What the URL answers to an OPTIONS request by itself."""
    added = headers(cors, origin)
    if not added or not cors:
        return {}
    added["access-control-allow-methods"] = ",".join(cors.get("AllowMethods", ["*"]))
    added["access-control-allow-headers"] = ",".join(cors.get("AllowHeaders", []))
    added["access-control-max-age"] = str(cors.get("MaxAge", 0))
    return added


def _allowed(cors: Settings, origin: str) -> bool:
    allowed = cors.get("AllowOrigins", [])
    return "*" in allowed or origin in allowed


def _origin(cors: Settings, origin: str) -> str:
    return "*" if "*" in cors.get("AllowOrigins", []) else origin
