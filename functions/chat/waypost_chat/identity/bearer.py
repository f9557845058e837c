"""The bearer token of a request: RFC 6750."""

import re
from collections.abc import Sequence

from waypost.errors import TokenRefused

_MAX_BYTES = 8_192
_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)


def bearer_token(headers: Sequence[str]) -> str:
    """The token in the `Authorization` headers of a request. Raises TokenRefused."""
    if len(headers) > 1:
        raise TokenRefused("There is more than one Authorization header.")
    scheme, _, token = (headers[0] if headers else "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenRefused("Send a token: Authorization: Bearer …", code="token_missing")
    if len(token) > _MAX_BYTES:
        raise TokenRefused(f"The bearer token is longer than {_MAX_BYTES} characters.")
    if not _TOKEN.fullmatch(token.strip()):
        raise TokenRefused("The bearer token is not a signed JWT.")
    return token.strip()
