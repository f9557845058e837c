"""The CORS settings of a function URL, as AWS applies them.

https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PREFIX = "access-control-"
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+))(?::[0-9]*)?")
"""An IPv6 address in brackets, or a name or an IPv4 address, and a port."""


@dataclass(frozen=True)
class Cors:
    """`max_age` is in seconds, None to leave it to the browser.

    Beside what AWS does, every origin on this machine is allowed where `loopback`.
    """

    origins: frozenset[str]
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age: int | None = None
    credentials: bool = False
    loopback: bool = False

    def response_headers(self, request: Mapping[str, str]) -> dict[str, str]:
        """Headers for an ordinary response. Names are in lower case, here and in `request`."""
        headers = self._origin_headers(request.get("origin", ""))
        if headers and self.exposed:
            headers["access-control-expose-headers"] = ",".join(self.exposed)
        return {**headers, "vary": "Origin"}

    def preflight_headers(self, request: Mapping[str, str]) -> dict[str, str]:
        """Headers that tell a browser what it may send; none where the origin is not allowed."""
        headers = self._origin_headers(request.get("origin", ""))
        if headers:
            headers["access-control-allow-methods"] = ",".join(self.methods)
            headers["access-control-allow-headers"] = ",".join(self.headers)
            if self.max_age is not None:
                headers["access-control-max-age"] = str(self.max_age)
        return {**headers, "vary": "Origin"}

    def _origin_headers(self, origin: str) -> dict[str, str]:
        own = self.loopback and is_loopback(origin.partition("://")[2])
        if not origin or not (own or self.origins & {"*", origin}):
            return {}
        any_origin = "*" in self.origins and not self.credentials
        headers = {"access-control-allow-origin": "*" if any_origin else origin}
        if self.credentials:
            headers["access-control-allow-credentials"] = "true"
        return headers


def from_url(properties: Mapping[str, Any]) -> Cors | None:
    """The settings in the properties of an `AWS::Lambda::Url`."""
    settings = properties.get("Cors")
    if not settings:
        return None
    return Cors(
        frozenset(settings.get("AllowOrigins", [])),
        tuple(settings.get("AllowMethods", [])),
        tuple(settings.get("AllowHeaders", [])),
        tuple(settings.get("ExposeHeaders", [])),
        int(settings["MaxAge"]) if "MaxAge" in settings else None,
        str(settings.get("AllowCredentials", False)).lower() == "true",
    )


def is_loopback(host: str) -> bool:
    """Whether a host, with a port or without, is a name of this machine only."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = (found[1] or found[2]).lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_preflight(method: str, request: Mapping[str, str]) -> bool:
    return method == "OPTIONS" and "origin" in request and f"{_PREFIX}request-method" in request


def without_cors(headers: Mapping[str, str]) -> dict[str, str]:
    """Without the CORS headers of the function, which those of its URL replace."""
    return {name: value for name, value in headers.items() if not name.startswith(_PREFIX)}
