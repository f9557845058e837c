"""The CORS settings of a function URL, as AWS applies them.

https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PREFIX = "access-control-"


@dataclass(frozen=True)
class Cors:
    """`max_age` is in seconds, None to leave it to the browser."""

    origins: frozenset[str]
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age: int | None = None
    credentials: bool = False

    def answer(self, request: Mapping[str, str]) -> dict[str, str]:
        """Headers for an ordinary answer; names are in lower case on both sides."""
        headers = self._origin(request.get("origin", ""))
        if headers and self.exposed:
            headers["access-control-expose-headers"] = ",".join(self.exposed)
        return {**headers, "vary": "Origin"}

    def preflight(self, request: Mapping[str, str]) -> dict[str, str]:
        """Headers that tell a browser what it may send; none of them to a foreign origin."""
        headers = self._origin(request.get("origin", ""))
        if headers:
            headers["access-control-allow-methods"] = ",".join(self.methods)
            headers["access-control-allow-headers"] = ",".join(self.headers)
            if self.max_age is not None:
                headers["access-control-max-age"] = str(self.max_age)
        return {**headers, "vary": "Origin"}

    def _origin(self, origin: str) -> dict[str, str]:
        if not origin or not self.origins & {"*", origin}:
            return {}
        anybody = "*" in self.origins and not self.credentials
        headers = {"access-control-allow-origin": "*" if anybody else origin}
        if self.credentials:
            headers["access-control-allow-credentials"] = "true"
        return headers


def from_url(properties: Mapping[str, Any]) -> Cors | None:
    """The settings in the properties of an `AWS::Lambda::Url`."""
    given = properties.get("Cors")
    if not given:
        return None
    return Cors(
        frozenset(given.get("AllowOrigins", [])),
        tuple(given.get("AllowMethods", [])),
        tuple(given.get("AllowHeaders", [])),
        tuple(given.get("ExposeHeaders", [])),
        int(given["MaxAge"]) if "MaxAge" in given else None,
        str(given.get("AllowCredentials", False)).lower() == "true",
    )


def is_preflight(method: str, request: Mapping[str, str]) -> bool:
    return method == "OPTIONS" and "origin" in request and f"{_PREFIX}request-method" in request


def without(headers: Mapping[str, str]) -> dict[str, str]:
    """What a function says of CORS itself counts for nothing where its URL has settings."""
    return {name: value for name, value in headers.items() if not name.startswith(_PREFIX)}
