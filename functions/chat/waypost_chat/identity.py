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
    tenant, user = _named(request, "x-tenant-id"), _named(request, "x-user-id")
    if tenant and user:
        return Identity(tenant, user, _roles(_named(request, "x-user-roles")))
    if tenant or user or settings.default_identity is None:
        raise Unauthenticated(f"{Unauthenticated.message} Send X-Tenant-Id and X-User-Id.")
    return settings.default_identity


def from_body(tenant: str, user: str, settings: Settings) -> Identity:
    """The user that a trusted service names in its request. Raises Unauthenticated."""
    _check_trusted(settings)
    return Identity(tenant, user)


def _named(request: Request, name: str) -> str:
    """A header's value: UTF-8 as in bodies, so that a name is the same name in both."""
    raw = request.headers.get(name, "").encode("latin-1")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _roles(named: str) -> frozenset[str]:
    return frozenset(role.strip() for role in named.split(",") if role.strip())


def _check_trusted(settings: Settings) -> None:
    if settings.identity != "caller":
        raise Unauthenticated(f"{Unauthenticated.message} No caller is trusted here.")
