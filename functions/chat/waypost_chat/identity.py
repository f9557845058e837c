"""Who asks: a trusted caller says so, or nobody is believed."""

from fastapi import Request

from waypost.errors import Unauthenticated
from waypost.identity import Identity
from waypost.settings import Settings


def from_headers(request: Request, settings: Settings) -> Identity:
    """The user named by `X-Tenant-Id` and `X-User-Id`, with the roles in `X-User-Roles`.

    Raises:
        Unauthenticated: Callers are not believed here, or the headers name nobody.
    """
    _believed(settings)
    tenant, user = request.headers.get("x-tenant-id"), request.headers.get("x-user-id")
    if tenant and user:
        return Identity(tenant, user, _roles(request.headers.get("x-user-roles", "")))
    if tenant or user or settings.default_identity is None:
        raise Unauthenticated("The headers X-Tenant-Id and X-User-Id must say who asks.")
    return settings.default_identity


def from_body(tenant: str, user: str, settings: Settings) -> Identity:
    """The user that a trusted service names in its request. Raises Unauthenticated."""
    _believed(settings)
    return Identity(tenant, user)


def _roles(named: str) -> frozenset[str]:
    return frozenset(role.strip() for role in named.split(",") if role.strip())


def _believed(settings: Settings) -> None:
    if settings.identity != "caller":
        raise Unauthenticated("This deployment does not believe its callers about who asks.")
