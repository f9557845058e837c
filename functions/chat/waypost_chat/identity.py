"""The caller's identity: named by a trusted caller, or by default on one machine."""

from fastapi import Request

from waypost.errors import Unauthenticated
from waypost.identity import Identity
from waypost.settings import Settings


def from_headers(request: Request, settings: Settings) -> Identity:
    """The user named by `X-Tenant-Id` and `X-User-Id`, with the roles in `X-User-Roles`.

    Raises:
        Unauthenticated: Callers are not trusted here, or the headers are missing.
    """
    _check_trusted(settings)
    tenant, user = request.headers.get("x-tenant-id"), request.headers.get("x-user-id")
    if tenant and user:
        return Identity(tenant, user, _roles(request.headers.get("x-user-roles", "")))
    if tenant or user or settings.default_identity is None:
        raise Unauthenticated(f"{Unauthenticated.message} Send X-Tenant-Id and X-User-Id.")
    return settings.default_identity


def from_body(tenant: str, user: str, settings: Settings) -> Identity:
    """The user that a trusted service names in its request. Raises Unauthenticated."""
    _check_trusted(settings)
    return Identity(tenant, user)


def _roles(named: str) -> frozenset[str]:
    return frozenset(role.strip() for role in named.split(",") if role.strip())


def _check_trusted(settings: Settings) -> None:
    if settings.identity != "caller":
        raise Unauthenticated(f"{Unauthenticated.message} No caller is trusted here.")
