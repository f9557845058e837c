"""Signatures of tokens, by PyJWT. Importing this takes a while: import it in a thread."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jwt import PyJWS
from jwt.algorithms import get_default_algorithms
from jwt.exceptions import PyJWTError

from waypost.errors import TokenRefused

_KEY_TYPES = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), ("RSA", "")),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
}
"""The algorithms that are allowed, each with the `kty` and the `crv` of its keys.

No secret is shared with an issuer, so that HS256 would be signed with what everybody can read.
"""
_FIRST = {kind: algorithm for algorithm, kind in reversed(_KEY_TYPES.items())}
"""An algorithm for each type of key, to read such a key with."""
_TYPES = ("", "jwt", "at+jwt")
"""What `typ` may be: RFC 7519, 5.1 and RFC 9068, 2.1."""
_MAX_KEYS = 100
_jws = PyJWS(options={"enforce_minimum_key_length": True})


@dataclass(frozen=True)
class PublicKey:
    kid: str
    kind: tuple[str, str]
    """`kty` and, but for RSA, `crv`."""
    algorithm: str | None
    """The only one that the issuer uses it for, or any."""
    key: Any

    def fits(self, algorithm: str) -> bool:
        return self.kind == _KEY_TYPES[algorithm] and self.algorithm in (None, algorithm)


@dataclass(frozen=True)
class SignedHeader:
    """What a token says of its signature. Keys that it brings along are not read."""

    algorithm: str
    kid: str
    type: str
    """`typ`, lower-case and without `application/`."""


def public_keys(found: Iterable[Mapping[str, Any]]) -> tuple[PublicKey, ...]:
    """Those that can check signatures; others that an issuer has are left out."""
    keys = []
    for jwk in found:
        kid, crv = jwk.get("kid"), jwk.get("crv")
        kind = (str(jwk.get("kty")), crv if isinstance(crv, str) else "")
        signs = jwk.get("use", "sig") == "sig" and "d" not in jwk
        if not (signs and isinstance(kid, str) and kind in _FIRST):
            continue
        try:
            key = get_default_algorithms()[_FIRST[kind]].from_jwk(dict(jwk))
        except (PyJWTError, ValueError, TypeError, KeyError):
            continue
        keys.append(PublicKey(kid, kind, jwk.get("alg"), key))
    return tuple(keys[:_MAX_KEYS])


def read_header(token: str) -> SignedHeader:
    """Raises TokenRefused. What is critical (`crit`) is refused with the signature."""
    try:
        header = _jws.get_unverified_header(token)
    except PyJWTError:
        raise TokenRefused("The bearer token is not a signed JWT.") from None
    algorithm, kid, typ = header.get("alg"), header.get("kid"), header.get("typ") or ""
    if not isinstance(algorithm, str) or algorithm not in _KEY_TYPES:
        raise TokenRefused("The bearer token is signed with an algorithm that is not allowed.")
    if not isinstance(kid, str):
        raise TokenRefused("The bearer token does not say which key has signed it.")
    typ = str(typ).lower().removeprefix("application/")
    if typ not in _TYPES:
        raise TokenRefused("The bearer token is of a type that is not allowed.")
    return SignedHeader(algorithm, kid, typ)


def verified_claims(token: str, header: SignedHeader, keys: Iterable[PublicKey]) -> dict[str, Any]:
    """The claims, if one of `keys` fits and has signed them. Raises TokenRefused."""
    fitting = [key for key in keys if key.kid == header.kid and key.fits(header.algorithm)]
    if len(fitting) != 1:
        raise TokenRefused("The bearer token is signed with a key that is not its issuer's.")
    try:
        payload = _jws.decode(token, fitting[0].key, algorithms=[header.algorithm])
        claims = json.loads(payload)
    except (PyJWTError, ValueError, RecursionError):
        raise TokenRefused("The bearer token's signature is not valid.") from None
    if not isinstance(claims, dict):
        raise TokenRefused("The bearer token has no claims.")
    return claims
