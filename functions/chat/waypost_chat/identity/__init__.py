"""Who asks: named by a trusted caller, by a bearer token, or by default on one machine.

`request_identity` is the only way from a request to an `Identity`, whatever the deployment's mode.
"""

from typing import TYPE_CHECKING

from fastapi import Request

from waypost.errors import Forbidden
from waypost.identity import Identity
from waypost_chat.identity import trusted
from waypost_chat.identity.bearer import bearer_token

if TYPE_CHECKING:
    from waypost_chat.identity.verifier import TokenVerifier


async def request_identity(request: Request) -> Identity:
    """The user who asks.

    Raises:
        Unauthenticated: The request names nobody, its token is refused, or no caller is trusted.
        Forbidden: The token lacks a claim, or the headers name somebody else.
        KeysUnavailable: Tokens cannot be checked now.
    """
    verifier = _verifier(request)
    if verifier is None:
        return trusted.from_headers(request, request.app.state.settings.identity)
    who = await verifier.identity(bearer_token(request.headers.getlist("authorization")))
    named = trusted.named(request)
    _check_same(who, named.tenant_id or who.tenant_id, named.user_id or who.user_id)
    if not named.roles <= who.roles:
        raise _mismatch("roles")
    return who


async def body_identity(request: Request, tenant_id: str, user_id: str) -> Identity:
    """The user whom the body names. Raises as `request_identity`."""
    if _verifier(request) is None:
        trusted.check_caller(request, request.app.state.settings.identity)
        return Identity(tenant_id, user_id)
    who = await request_identity(request)
    _check_same(who, tenant_id, user_id)
    return who


def _verifier(request: Request) -> "TokenVerifier | None":
    found: TokenVerifier | None = request.app.state.verifier
    return found


def _check_same(who: Identity, tenant_id: str, user_id: str) -> None:
    if tenant_id != who.tenant_id:
        raise _mismatch("tenant")
    if user_id != who.user_id:
        raise _mismatch("user")


def _mismatch(what: str) -> Forbidden:
    message = f"The request names another {what} than its bearer token."
    return Forbidden(message, code="identity_mismatch")
