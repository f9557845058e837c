"""What a token says, once its signature is known to be the issuer's.

Times and audience are those of RFC 7519, access tokens those of RFC 9068 and of what Cognito,
Auth0, Entra ID, Okta and Keycloak issue.
"""

import math
from collections.abc import Mapping
from typing import Any

from waypost.errors import Forbidden, Invalid, TokenRefused
from waypost.identity import Identity
from waypost.settings import TokenSettings

Claims = Mapping[str, Any]
_LEEWAY = 30
"""Seconds by which clocks may differ."""
_ADMIN = "admin"
_ID_SIGNS = ("nonce", "at_hash", "c_hash", "s_hash")
"""Claims of ID tokens alone: OpenID Connect Core 1.0, 2 and 3.3.2.11."""
_ACCESS_SIGNS = ("client_id", "azp", "cid", "appid", "scope", "scp", "gty")
"""An access token names the client that it was issued to, or what the client may do."""
_KINDS = {"access": "access", "bearer": "access", "id": "id"}
"""What `token_use` (Cognito) and `typ` (Keycloak) say."""


def check_claims(claims: Claims, header_type: str, settings: TokenSettings, now: float) -> float:
    """When the token expires, in seconds since 1970.

    Args:
        header_type: The header's `typ`, lower-case.

    Raises:
        TokenRefused: It is not a valid one of this issuer, for this deployment.
    """
    if claims.get("iss") != settings.issuer:
        raise TokenRefused("The bearer token is another issuer's.")
    expires_at = _time(claims, "exp")
    if expires_at is None:
        raise TokenRefused("The bearer token never expires.")
    if now >= expires_at + _LEEWAY:
        raise TokenRefused("The bearer token has expired.", code="token_expired")
    for name in ("nbf", "iat"):
        if (_time(claims, name) or 0) > now + _LEEWAY:
            message = "The bearer token is not valid yet."
            raise TokenRefused(message, code="token_not_yet_valid")
    if not set(_texts(claims.get(settings.audience_claim))) & set(settings.audiences):
        raise TokenRefused("The bearer token is for another audience.")
    if settings.kind not in ("any", _kind(claims, header_type)):
        raise TokenRefused(f"The bearer token is not an {settings.kind} token.")
    return expires_at


def identity_of(claims: Claims, settings: TokenSettings) -> Identity:
    """The user whom the claims name.

    Raises:
        Forbidden: A claim is missing, or is no name for a tenant or a user.
    """
    user = _name(claims, settings.user_claim)
    tenant = settings.default_tenant or _name(claims, settings.tenant_claim)
    groups = frozenset(_texts(claim(claims, settings.roles_claim)))
    roles = groups - {_ADMIN} | ({_ADMIN} if groups & settings.admin_groups else set())
    try:
        return Identity(tenant, user, roles)
    except Invalid as invalid:
        raise Forbidden(invalid.message, code="claim_invalid") from None


def claim(claims: Claims, name: str) -> Any:
    """The claim of that name, else what is at the end of that path; None where there is neither."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _kind(claims: Claims, header_type: str) -> str:
    """`access`, `id`, or what the token says that it is; empty where nothing tells."""
    named = claims.get("token_use", claims.get("typ"))
    if named is not None:
        return _KINDS.get(str(named).lower(), "other")
    if header_type == "at+jwt":
        return "access"
    if any(name in claims for name in _ID_SIGNS):
        return "id"
    return "access" if any(name in claims for name in _ACCESS_SIGNS) else ""


def _time(claims: Claims, name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        raise TokenRefused(f"The bearer token's {name} is not a number.")
    return float(value)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _name(claims: Claims, name: str) -> str:
    value = claim(claims, name)
    if not isinstance(value, str) or not value:
        raise Forbidden(f"The bearer token has no claim {name!r}.", code="claim_missing")
    return value


def _texts(value: Any) -> list[str]:
    """The texts of a claim that is one or a list of them."""
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str) and text]
