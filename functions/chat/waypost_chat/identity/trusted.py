"""Callers that are trusted to name their user, in headers or in the body."""

import ipaddress
import logging
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.types import Scope

from waypost.errors import Unauthenticated
from waypost.identity import Identity
from waypost.settings import IdentitySettings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class NamedUser:
    """What the headers say: empty where they say nothing, and not checked."""

    tenant_id: str
    user_id: str
    roles: frozenset[str]


def named(request: Request) -> NamedUser:
    roles = _header(request, "x-user-roles").split(",")
    return NamedUser(
        _header(request, "x-tenant-id"),
        _header(request, "x-user-id"),
        frozenset(role.strip() for role in roles if role.strip()),
    )


def from_headers(request: Request, settings: IdentitySettings) -> Identity:
    """The user named by `X-Tenant-Id` and `X-User-Id`, with the roles in `X-User-Roles`.

    Raises:
        Unauthenticated: The caller is not trusted here, or the headers are missing.
    """
    check_caller(request, settings)
    user = named(request)
    if user.tenant_id and user.user_id:
        return Identity(user.tenant_id, user.user_id, user.roles)
    if user.tenant_id or user.user_id or settings.default is None:
        raise Unauthenticated(f"{Unauthenticated.message} Send X-Tenant-Id and X-User-Id.")
    return settings.default


def check_caller(request: Request, settings: IdentitySettings) -> None:
    """Raises Unauthenticated where the caller may not name a user."""
    match settings.mode:
        case "caller":
            principal = iam_principal(request.scope)
            if principal is None:
                raise Unauthenticated(f"{Unauthenticated.message} The caller has not signed it.")
            logger.info("called by a trusted principal", extra={"principal": principal})
        case "development":
            if _is_public(request):
                raise Unauthenticated(f"{Unauthenticated.message} It comes from the internet.")
        case _:
            raise Unauthenticated(f"{Unauthenticated.message} No caller is trusted here.")


def iam_principal(scope: Scope) -> str | None:
    """The ARN whose signature AWS has checked; None where it has checked none.

    https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html and, for a REST API,
    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """
    context: dict[str, Any] = scope.get("aws.event", {}).get("requestContext") or {}
    iam = (context.get("authorizer") or {}).get("iam") or context.get("identity") or {}
    return iam.get("userArn") or None


def _is_public(request: Request) -> bool:
    try:
        return ipaddress.ip_address(request.client.host if request.client else "").is_global
    except ValueError:
        # A name, or nothing: a server on this machine that knows no address.
        return False


def _header(request: Request, name: str) -> str:
    """A header's value: UTF-8 as in bodies, so that a name is the same name in both."""
    raw = request.headers.get(name, "").encode("latin-1")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
