"""Reads an issuer's keys over HTTP. It blocks, and belongs into a thread."""

import json
import urllib.request
from typing import Any

from waypost.settings import TokenSettings, is_private_address

_TIMEOUT = 3.0
"""Seconds that the issuer may be silent."""
_MAX_BYTES = 256_000
_DISCOVERY = "/.well-known/openid-configuration"


class IssuerError(Exception):
    """The issuer did not answer, or not with what belongs there."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Keys come from the address that is set, or from none."""

    def redirect_request(self, *_: Any) -> None:
        return None


def fetch_keys(settings: TokenSettings) -> list[dict[str, Any]]:
    """The issuer's keys as JWKs, not checked: RFC 7517. Raises IssuerError."""
    found = _fetch(settings.keys_url or _discovered(settings)).get("keys")
    if not isinstance(found, list):
        raise IssuerError("there is no list of keys")
    return [key for key in found if isinstance(key, dict)]


def _discovered(settings: TokenSettings) -> str:
    """https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig"""
    document = _fetch(settings.issuer.removesuffix("/") + _DISCOVERY)
    if document.get("issuer") != settings.issuer:
        raise IssuerError("the discovery document is another issuer's")
    url = document.get("jwks_uri")
    if not isinstance(url, str) or not is_private_address(url):
        raise IssuerError("the discovery document has no private address of keys")
    return url


def _fetch(url: str) -> dict[str, Any]:
    opener = urllib.request.build_opener(_NoRedirects)
    # Some issuers refuse Python's own name.
    opener.addheaders = [("User-Agent", "waypost"), ("Accept", "application/json")]
    try:
        with opener.open(url, timeout=_TIMEOUT) as response:
            body = response.read(_MAX_BYTES + 1)
        found = json.loads(body) if len(body) <= _MAX_BYTES else None
    except (OSError, ValueError, RecursionError) as error:
        raise IssuerError(type(error).__name__) from None
    if not isinstance(found, dict):
        raise IssuerError("the answer is no object, or too large")
    return found
