"""Which tokens are an issuer's, and when its keys are fetched."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any

import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from jwt.algorithms import get_default_algorithms

from tests.chat.token_issuer import (
    AUDIENCE,
    SigningKey,
    TokenIssuer,
    serving_issuer,
    signed_by_hand,
)
from waypost.errors import Forbidden, KeysUnavailable, TokenRefused, WaypostError
from waypost.identity import Identity
from waypost.settings import TokenSettings
from waypost_chat.identity import signatures
from waypost_chat.identity.verifier import TokenVerifier

pytestmark = pytest.mark.server
MARA = Identity("northwind", "auth0|mara")
TENANT = "https://freight.example/tenant"
RSA, EC = SigningKey("rsa-1", "RS256"), SigningKey("ec-1", "ES256")


@dataclass
class Clock:
    time: float

    def __call__(self) -> float:
        return self.time


@pytest.fixture(scope="module")
def served() -> Iterator[TokenIssuer]:
    with serving_issuer([RSA, EC]) as issuer:
        yield issuer


@pytest.fixture
def issuer(served: TokenIssuer) -> TokenIssuer:
    served.reset()
    return served


@pytest.fixture
def settings(issuer: TokenIssuer) -> TokenSettings:
    return TokenSettings(
        issuer=issuer.url,
        audiences=(AUDIENCE, "api://invoices"),
        tenant_claim=TENANT,
        roles_claim="realm_access.roles",
        admin_groups=frozenset({"ops"}),
    )


@pytest.fixture
def clock() -> Clock:
    return Clock(time.time())


@pytest_asyncio.fixture(loop_scope="session")
async def verifier(settings: TokenSettings, clock: Clock) -> AsyncIterator[TokenVerifier]:
    made = TokenVerifier(settings, clock)
    yield made
    await made.close()


async def code_of(verifier: TokenVerifier, token: str) -> str:
    with pytest.raises(WaypostError) as caught:
        await verifier.identity(token)
    return caught.value.code


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256", "ES256", "EdDSA"])
async def test_a_token_names_its_user(
    issuer: TokenIssuer, verifier: TokenVerifier, algorithm: str
) -> None:
    issuer.key = SigningKey("the-key", algorithm)
    issuer.jwks.append(issuer.key.jwk())

    assert await verifier.identity(issuer.token()) == MARA


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"exp": 1_700_000_000}, "token_expired"),
        ({"exp": None}, "token_invalid"),
        ({"exp": "1999999999"}, "token_invalid"),
        ({"exp": True}, "token_invalid"),
        ({"exp": 10**400}, "token_invalid"),
        ({"nbf": time.time() + 900}, "token_not_yet_valid"),
        ({"iat": time.time() + 900}, "token_not_yet_valid"),
        ({"nbf": [1]}, "token_invalid"),
        ({"iss": "http://127.0.0.1:1"}, "token_invalid"),
        ({"aud": "api://payroll"}, "token_invalid"),
        ({"aud": ["api://payroll", "api://shipments2"]}, "token_invalid"),
        ({"aud": {"api://shipments": 1}}, "token_invalid"),
        ({"aud": None}, "token_invalid"),
        ({TENANT: None}, "claim_missing"),
        ({TENANT: ["northwind"]}, "claim_missing"),
        ({TENANT: "north#wind"}, "claim_invalid"),
        ({"sub": None}, "claim_missing"),
    ],
)
async def test_a_claim_that_is_wrong_is_refused(
    issuer: TokenIssuer, verifier: TokenVerifier, changed: dict[str, Any], code: str
) -> None:
    assert await code_of(verifier, signed(issuer, **changed)) == code


def signed(issuer: TokenIssuer, **changed: Any) -> str:
    """A token with any claims: PyJWT would not sign a time that is none."""
    payload = json.dumps(issuer.claims(**changed)).encode()
    return signatures._jws.encode(payload, RSA.private, "RS256", {"kid": RSA.kid})


async def test_clocks_may_differ_by_half_a_minute(
    issuer: TokenIssuer, verifier: TokenVerifier, clock: Clock
) -> None:
    token = issuer.token(exp=int(clock.time) - 20, nbf=int(clock.time) + 20)
    assert await verifier.identity(token) == MARA
    assert await code_of(verifier, issuer.token(exp=int(clock.time) - 40)) == "token_expired"


@pytest.mark.parametrize(
    ("header", "changed"),
    [
        ({}, {"token_use": "id"}),
        ({}, {"typ": "ID"}),
        ({}, {"typ": "Refresh"}),
        ({}, {"nonce": "n-1"}),
        ({}, {"at_hash": "h"}),
        ({}, {"azp": None}),
        ({"typ": "logout+jwt"}, {}),
        ({"typ": "dpop+jwt"}, {}),
    ],
)
async def test_no_other_token_passes_for_an_access_token(
    issuer: TokenIssuer,
    verifier: TokenVerifier,
    header: dict[str, Any],
    changed: dict[str, Any],
) -> None:
    assert await code_of(verifier, issuer.token(None, header, **changed)) == "token_invalid"


@pytest.mark.parametrize(
    ("header", "changed"),
    [
        ({"typ": "at+jwt"}, {"azp": None}),
        ({"typ": "application/at+jwt"}, {"nonce": "n-1"}),
        ({}, {"typ": "Bearer", "nonce": "n-1"}),
        ({}, {"token_use": "access", "azp": None}),
        ({}, {"azp": None, "scp": ["read"]}),
    ],
)
async def test_access_tokens_say_so_in_many_ways(
    issuer: TokenIssuer,
    verifier: TokenVerifier,
    header: dict[str, Any],
    changed: dict[str, Any],
) -> None:
    assert await verifier.identity(issuer.token(None, header, **changed)) == MARA


async def test_where_id_tokens_are_asked_for_an_access_token_is_none(
    issuer: TokenIssuer, settings: TokenSettings
) -> None:
    verifier = TokenVerifier(replace(settings, kind="id"))
    assert await verifier.identity(issuer.token(nonce="n-1")) == MARA
    assert await verifier.identity(issuer.token(token_use="id")) == MARA
    assert await code_of(verifier, issuer.token(token_use="access")) == "token_invalid"
    assert await code_of(verifier, issuer.token(None, {"typ": "at+jwt"})) == "token_invalid"


async def test_a_client_takes_the_place_of_an_audience(
    issuer: TokenIssuer, settings: TokenSettings
) -> None:
    verifier = TokenVerifier(replace(settings, audience_claim="client_id", audiences=("c-7",)))
    token = issuer.token(aud=None, client_id="c-7", token_use="access")
    assert await verifier.identity(token) == MARA
    other = issuer.token(aud="c-7", client_id="c-8", token_use="access")
    assert await code_of(verifier, other) == "token_invalid"


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (["driver", "ops"], {"driver", "ops", "admin"}),
        (["driver", "admin"], {"driver"}),
        ("ops", {"ops", "admin"}),
        ("oops", {"oops"}),
        ([["ops"], {"ops": 1}, 7, ""], set()),
        ({"ops": True}, set()),
    ],
)
async def test_only_named_groups_make_an_admin(
    issuer: TokenIssuer, verifier: TokenVerifier, roles: Any, expected: set[str]
) -> None:
    who = await verifier.identity(issuer.token(realm_access={"roles": roles}))
    assert who.roles == expected


async def test_every_user_may_be_in_one_tenant(
    issuer: TokenIssuer, settings: TokenSettings
) -> None:
    verifier = TokenVerifier(replace(settings, tenant_claim="", default_tenant="freight"))
    assert await verifier.identity(issuer.token()) == Identity("freight", "auth0|mara")


def secret_of_the_public_key(token: str, encoding: serialization.Encoding) -> str:
    """A token signed with HMAC, whose secret is what everybody can read."""
    secret = RSA.private.public_key().public_bytes(
        encoding, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signing_input = token.rpartition(".")[0]
    digest = hmac.digest(secret, signing_input.encode(), hashlib.sha256)
    header = {"alg": "HS256", "kid": RSA.kid}
    return signing_input + "." + signed_by_hand(header, {}, digest).rpartition(".")[2]


@pytest.mark.parametrize("encoding", [serialization.Encoding.PEM, serialization.Encoding.DER])
async def test_a_public_key_is_no_secret(
    issuer: TokenIssuer, verifier: TokenVerifier, encoding: serialization.Encoding
) -> None:
    unsigned = signed_by_hand({"alg": "HS256", "kid": RSA.kid, "typ": "JWT"}, issuer.claims())
    token = secret_of_the_public_key(unsigned, encoding)
    with pytest.raises(TokenRefused, match="algorithm"):
        await verifier.identity(token)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "kid": "rsa-1"},
        {"alg": "None", "kid": "rsa-1"},
        {"alg": "RS256", "kid": "ec-1"},
        {"alg": "ES256", "kid": "rsa-1"},
        {"alg": "PS256", "kid": "rsa-1"},
        {"alg": "ES384", "kid": "ec-1"},
        {"alg": ["RS256"], "kid": "rsa-1"},
        {"alg": "RS256"},
        {"alg": "RS256", "kid": 7},
        {"alg": "RS256", "kid": "rsa-1", "crit": ["exp"]},
        {"alg": "RS256", "kid": "rsa-1", "b64": False, "crit": ["b64"]},
        {"alg": "RS256", "kid": "rsa-1"},
    ],
)
async def test_a_header_that_does_not_fit_is_refused(
    issuer: TokenIssuer, verifier: TokenVerifier, header: dict[str, Any]
) -> None:
    assert await code_of(verifier, signed_by_hand(header, issuer.claims())) == "token_invalid"


@pytest.mark.parametrize(
    ("algorithm", "header"),
    [("PS256", {}), ("RS384", {}), ("RS256", {"crit": ["exp"]}), ("RS256", {"crit": []})],
)
async def test_a_right_signature_does_not_make_up_for_the_header(
    issuer: TokenIssuer, verifier: TokenVerifier, algorithm: str, header: dict[str, Any]
) -> None:
    claims = issuer.claims()
    token = jwt.encode(claims, RSA.private, algorithm, {"kid": RSA.kid, **header})
    assert await code_of(verifier, token) == "token_invalid"


async def test_a_private_key_that_an_issuer_shows_is_left_out(
    issuer: TokenIssuer, verifier: TokenVerifier
) -> None:
    private: Any = get_default_algorithms()["RS256"]
    issuer.jwks = [EC.jwk(), {**private.to_jwk(RSA.private, as_dict=True), "kid": RSA.kid}]
    issuer.jwks[1].pop("key_ops")
    assert await verifier.identity(issuer.token(EC)) == MARA
    assert await code_of(verifier, issuer.token(RSA)) == "token_invalid"


@pytest.mark.parametrize(
    "token", ["a.b.c", "e30.e30.e30", "W10.e30.x", "Ww.Ww.Ww", f"{'W1tb' * 1500}.e30.x"]
)
async def test_what_is_no_token_is_refused(verifier: TokenVerifier, token: str) -> None:
    assert await code_of(verifier, token) == "token_invalid"


async def test_claims_that_were_changed_are_refused(
    issuer: TokenIssuer, verifier: TokenVerifier
) -> None:
    head, _, signature = issuer.token().split(".")
    other = issuer.token(sub="auth0|tom").split(".")[1]
    assert await code_of(verifier, f"{head}.{other}.{signature}") == "token_invalid"


async def test_a_key_in_the_header_is_not_read(
    issuer: TokenIssuer, verifier: TokenVerifier
) -> None:
    own = SigningKey("rsa-1", "RS256")
    for header in (
        {"jwk": own.jwk()},
        {"jku": f"{issuer.url}/foreign"},
        {"x5u": f"{issuer.url}/foreign"},
        {"kid": "foreign", "jwk": own.jwk()},
    ):
        assert await code_of(verifier, issuer.token(own, header)) == "token_invalid"
    assert not [path for path in issuer.fetched if "foreign" in path]


async def test_keys_that_do_not_sign_are_left_out(
    issuer: TokenIssuer, verifier: TokenVerifier
) -> None:
    issuer.jwks = [
        {"kty": "oct", "kid": "rsa-1", "k": "c2VjcmV0", "alg": "HS256"},
        {"kty": "RSA", "kid": "broken", "n": 7, "e": "AQAB"},
        {"kty": "EC", "kid": "odd", "crv": ["P-256"]},
        RSA.jwk(use="enc"),
        EC.jwk(alg=None),
    ]
    assert await verifier.identity(issuer.token(EC)) == MARA
    assert await code_of(verifier, issuer.token(RSA)) == "token_invalid"


async def test_two_keys_of_the_same_name_are_none(
    issuer: TokenIssuer, verifier: TokenVerifier
) -> None:
    issuer.jwks.append(SigningKey("rsa-1", "RS256").jwk())
    assert await code_of(verifier, issuer.token(RSA)) == "token_invalid"
    assert await verifier.identity(issuer.token(EC)) == MARA


async def test_a_second_request_verifies_nothing(
    issuer: TokenIssuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issuer.token()
    assert await verifier.identity(token) == MARA

    def verified_again(*_: Any) -> None:
        raise AssertionError("it was verified again")

    monkeypatch.setattr(signatures, "read_header", verified_again)
    assert await verifier.identity(token) == MARA
    with pytest.raises(AssertionError, match="again"):
        await verifier.identity(issuer.token(sub="auth0|tom"))


async def test_a_token_is_remembered_until_it_expires(
    issuer: TokenIssuer, verifier: TokenVerifier, clock: Clock
) -> None:
    token = issuer.token()
    await verifier.identity(token)
    clock.time += 599
    assert await verifier.identity(token) == MARA
    clock.time += 60
    assert await code_of(verifier, token) == "token_expired"


async def test_the_memory_is_bounded(
    issuer: TokenIssuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waypost_chat.identity.verifier._MAX_REMEMBERED", 3)
    for number in range(5):
        await verifier.identity(issuer.token(EC, sub=f"driver-{number}"))
    assert [found.who.user_id for found in verifier._verified.values()] == [
        "driver-2",
        "driver-3",
        "driver-4",
    ]


async def test_an_unknown_key_is_looked_for_once_in_half_a_minute(
    issuer: TokenIssuer, verifier: TokenVerifier, clock: Clock
) -> None:
    await verifier.identity(issuer.token())
    assert issuer.fetched == ["/.well-known/openid-configuration", "/jwks"]
    clock.time += 31

    for number in range(20):
        foreign = issuer.token(header={"kid": f"foreign-{number}"})
        assert await code_of(verifier, foreign) == "token_invalid"

    assert issuer.fetched.count("/jwks") == 2
    clock.time += 31
    assert await code_of(verifier, issuer.token(header={"kid": "foreign"})) == "token_invalid"
    assert issuer.fetched.count("/jwks") == 3


async def test_a_new_key_is_found(
    issuer: TokenIssuer, verifier: TokenVerifier, clock: Clock
) -> None:
    await verifier.identity(issuer.token())
    new = SigningKey("rsa-2", "RS256")
    issuer.jwks = [new.jwk()]
    assert await code_of(verifier, issuer.token(new)) == "token_invalid"

    clock.time += 31
    assert await verifier.identity(issuer.token(new)) == MARA


async def test_a_withdrawn_key_counts_no_more_even_for_a_remembered_token(
    issuer: TokenIssuer, verifier: TokenVerifier, clock: Clock
) -> None:
    old = issuer.token(exp=int(clock.time) + 90_000)
    await verifier.identity(old)
    issuer.jwks = [EC.jwk()]
    clock.time += 3_700
    # This begins to fetch them, and does not wait.
    assert await verifier.identity(old) == MARA
    await verifier._keys._wait()
    assert await code_of(verifier, old) == "token_invalid"


async def test_keys_are_kept_while_the_issuer_is_down(
    issuer: TokenIssuer, verifier: TokenVerifier, clock: Clock
) -> None:
    await verifier.identity(issuer.token())
    issuer.down = True
    for hours in (2, 12, 9):
        clock.time += hours * 3_600
        token = issuer.token(iat=None, exp=int(clock.time) + 60)
        assert await verifier.identity(token) == MARA
        await verifier._keys._wait()
    assert len(issuer.fetched) == 5

    clock.time += 2 * 3_600
    with pytest.raises(KeysUnavailable):
        await verifier.identity(issuer.token(exp=int(clock.time) + 60))


async def test_while_the_issuer_is_down_nobody_knows_a_new_key(
    issuer: TokenIssuer, verifier: TokenVerifier, clock: Clock
) -> None:
    await verifier.identity(issuer.token())
    issuer.down = True
    clock.time += 31
    assert await code_of(verifier, issuer.token(header={"kid": "rsa-2"})) == "keys_unavailable"


async def test_without_keys_it_is_tried_again_after_a_while(
    issuer: TokenIssuer, verifier: TokenVerifier, clock: Clock
) -> None:
    issuer.down = True
    for _ in range(5):
        with pytest.raises(KeysUnavailable) as caught:
            await verifier.identity(issuer.token())
        assert caught.value.retry_after == 5
    assert len(issuer.fetched) == 1

    issuer.down = False
    clock.time += 6
    assert await verifier.identity(issuer.token()) == MARA


async def test_many_requests_wait_for_one_fetch(
    issuer: TokenIssuer, verifier: TokenVerifier
) -> None:
    verifier.start()
    tokens = [issuer.token(EC, sub=f"driver-{number}") for number in range(10)]
    found = await asyncio.gather(*map(verifier.identity, tokens))
    assert [who.user_id for who in found] == [f"driver-{number}" for number in range(10)]
    assert issuer.fetched == ["/.well-known/openid-configuration", "/jwks"]


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "http://127.0.0.1:1"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "http://issuer.example/jwks"},
        {"jwks_uri": None},
    ],
)
async def test_a_discovery_document_that_is_not_the_issuers_is_refused(
    issuer: TokenIssuer, verifier: TokenVerifier, discovery: dict[str, Any]
) -> None:
    issuer.discovery |= discovery
    assert await code_of(verifier, issuer.token()) == "keys_unavailable"
    assert issuer.fetched == ["/.well-known/openid-configuration"]


async def test_redirects_are_not_followed(issuer: TokenIssuer, verifier: TokenVerifier) -> None:
    issuer.redirect = f"{issuer.url}/elsewhere"
    assert await code_of(verifier, issuer.token()) == "keys_unavailable"
    assert issuer.fetched == ["/.well-known/openid-configuration"]


async def test_the_keys_may_have_an_address_of_their_own(
    issuer: TokenIssuer, settings: TokenSettings
) -> None:
    verifier = TokenVerifier(replace(settings, keys_url=f"{issuer.url}/pool/jwks.json"))
    assert await verifier.identity(issuer.token()) == MARA
    assert issuer.fetched == ["/pool/jwks.json"]


async def test_too_many_bytes_are_no_keys(issuer: TokenIssuer, verifier: TokenVerifier) -> None:
    issuer.jwks.append({"kid": "x" * 300_000})
    assert await code_of(verifier, issuer.token()) == "keys_unavailable"


async def test_a_token_without_a_tenant_is_refused_also_where_it_is_sent_again(
    issuer: TokenIssuer, verifier: TokenVerifier
) -> None:
    token = issuer.token(**{TENANT: None})
    for _ in range(2):
        with pytest.raises(Forbidden, match="has no claim"):
            await verifier.identity(token)
