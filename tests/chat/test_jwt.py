"""Deployments whose users come with a bearer token: every endpoint, and how it refuses."""

import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import openai
import pytest
import pytest_asyncio

from tests.chat.conftest import ROOT, Api, Running, events
from tests.chat.token_issuer import AUDIENCE, SigningKey, TokenIssuer, serving_issuer
from waypost_chat.identity.verifier import TokenVerifier

pytestmark = pytest.mark.server
CHALLENGE = 'Bearer error="invalid_token"'
PUBLIC = {"/", "/health", "/ping"}
NUMBERS = {"number"}


@pytest.fixture(scope="module")
def served() -> Iterator[TokenIssuer]:
    with serving_issuer([SigningKey("k1", "RS256"), SigningKey("k2", "ES256")]) as issuer:
        yield issuer


@pytest.fixture
def issuer(served: TokenIssuer) -> TokenIssuer:
    served.reset()
    return served


@pytest_asyncio.fixture(loop_scope="session")
async def api(
    issuer: TokenIssuer, environment: dict[str, str], running: Running
) -> AsyncIterator[Api]:
    environment |= {
        "WAYPOST_IDENTITY": "jwt",
        "WAYPOST_TOKEN_ISSUER": issuer.url,
        "WAYPOST_TOKEN_AUDIENCE": AUDIENCE,
        "WAYPOST_TOKEN_TENANT_CLAIM": "custom:tenant",
        "WAYPOST_TOKEN_ROLES_CLAIM": "cognito:groups",
        "WAYPOST_TOKEN_ADMIN_GROUPS": "dispatchers",
    }
    async with running(environment) as opened:
        yield opened


def bearer(issuer: TokenIssuer, **changed: Any) -> dict[str, str]:
    claims: dict[str, Any] = {"sub": "mara", "custom:tenant": "northwind", **changed}
    return {"Authorization": f"Bearer {issuer.token(**claims)}"}


def operations(api: Api) -> list[tuple[str, str, Any]]:
    """Every operation that needs a user: its method, a path, and a body where it has one."""
    internal = json.loads((ROOT / "events/internal-chat.json").read_text())["body"]
    return [
        (
            method.upper(),
            re.sub(r"\{(\w+)\}", lambda found: "1" if found[1] in NUMBERS else "x", path),
            json.loads(internal) if path.startswith("/internal") else {},
        )
        for path, methods in api.app.openapi()["paths"].items()
        for method in methods
        if path not in PUBLIC
    ]


async def send(
    api: Api, method: str, path: str, body: Any, headers: dict[str, str]
) -> httpx.Response:
    json_body = None if method in ("GET", "DELETE") else body
    return await api.http.request(method, path, json=json_body, headers=headers)


def code(response: httpx.Response) -> str:
    error = response.json()["error"]
    if response.request.url.path.startswith("/openai/"):
        assert set(error) == {"message", "type", "param", "code"}
    else:
        assert {"code", "message", "request_id"} <= set(error)
    return str(error["code"])


async def test_every_endpoint_but_health_and_page_needs_a_token(
    api: Api, issuer: TokenIssuer
) -> None:
    expired = bearer(issuer, exp=int(time.time()) - 3_600)
    found = operations(api)
    assert len(found) > 50
    for method, path, body in found:
        for headers, expected in (({}, "token_missing"), (expired, "token_expired")):
            response = await send(api, method, path, body, headers)
            assert (response.status_code, code(response)) == (401, expected), path
            assert response.headers["www-authenticate"] == CHALLENGE
    for path in PUBLIC:
        assert (await api.http.get(path)).status_code == 200


async def test_no_endpoint_lets_a_request_name_another_user(api: Api, issuer: TokenIssuer) -> None:
    for named in (
        {"X-Tenant-Id": "southwind"},
        {"X-User-Id": "tom"},
        {"X-User-Roles": "admin"},
        {"X-Tenant-Id": "northwind", "X-User-Id": "Mara"},
    ):
        for method, path, body in operations(api):
            response = await send(api, method, path, body, bearer(issuer) | named)
            assert (response.status_code, code(response)) == (403, "identity_mismatch"), path


async def test_headers_that_name_the_same_user_are_fine(api: Api, issuer: TokenIssuer) -> None:
    same = {"X-Tenant-Id": "northwind", "X-User-Id": "mara", "X-User-Roles": "dispatchers"}
    token = bearer(issuer, **{"cognito:groups": ["dispatchers"]})
    assert (await api.http.get("/v1/threads", headers=token | same)).status_code == 200


@pytest.mark.parametrize(
    ("tenant", "user", "status"),
    [
        ("northwind", "mara", 200),
        ("northwind", "tom", 403),
        ("southwind", "mara", 403),
        ("north wind", "mara", 403),
    ],
)
async def test_a_body_may_name_nobody_but_the_user_of_the_token(
    api: Api, issuer: TokenIssuer, tenant: str, user: str, status: int
) -> None:
    api.model.add_reply("26 days.")
    conversation = {"id": "c-1", "user_id": user, "company_id": tenant}
    event = json.loads((ROOT / "events/internal-chat.json").read_text())
    body = json.loads(event["body"])
    body["conversation"] |= conversation

    response = await api.http.post("/internal/chat/stream", json=body, headers=bearer(issuer))

    assert response.status_code == status
    if status == 403:
        assert code(response) == "identity_mismatch"


async def test_a_question_is_its_users_alone(api: Api, issuer: TokenIssuer) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    response = await api.http.post(
        "/v1/runs", json={"input": "How much leave?"}, headers=bearer(issuer)
    )
    path = f"/v1/threads/{events(response.text)[0]['thread_id']}"

    assert (await api.http.get(path, headers=bearer(issuer))).status_code == 200
    for other in (bearer(issuer, sub="tom"), bearer(issuer, **{"custom:tenant": "southwind"})):
        assert (await api.http.get(path, headers=other)).status_code == 404


async def test_only_groups_that_are_named_may_change_agents(api: Api, issuer: TokenIssuer) -> None:
    for groups, status in ((["drivers", "admin"], 403), (["dispatchers"], 422), ("admin", 403)):
        headers = bearer(issuer, **{"cognito:groups": groups})
        response = await api.http.post("/api/agents", json={}, headers=headers)
        assert response.status_code == status


async def test_openai_clients_send_the_token_as_their_key(api: Api, issuer: TokenIssuer) -> None:
    http: Any = api.http

    def client(token: str) -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(
            api_key=token, base_url="http://waypost/openai/v1", http_client=http, max_retries=0
        )

    token = bearer(issuer)["Authorization"].removeprefix("Bearer ")
    models = await client(token).models.list()
    assert models.data[0].id == "waypost"

    with pytest.raises(openai.AuthenticationError) as refused:
        await client("sk-live-1").models.list()
    assert refused.value.code == "token_invalid"
    with pytest.raises(openai.PermissionDeniedError) as forbidden:
        await client(issuer.token(sub="mara")).models.list()
    assert forbidden.value.code == "claim_missing"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([("Authorization", "Basic bWFyYTpx")], "token_missing"),
        ([("Authorization", "Bearer")], "token_missing"),
        ([("Authorization", "Bearer ")], "token_missing"),
        ([("Authorization", "AWS4-HMAC-SHA256 Credential=x")], "token_missing"),
        ([("Authorization", "Bearer a.b")], "token_invalid"),
        ([("Authorization", "Bearer a.b.c, Bearer a.b.c")], "token_invalid"),
        ([("Authorization", "Bearer a.b.ä".encode())], "token_invalid"),
        ([("Authorization", f"Bearer a.{'b' * 9_000}.c")], "token_invalid"),
        ([("Authorization", "Bearer a.b.c"), ("Authorization", "Bearer a.b.c")], "token_invalid"),
    ],
)
async def test_what_is_no_bearer_token_is_refused(
    api: Api, headers: list[tuple[str, Any]], expected: str
) -> None:
    response = await api.http.get("/v1/threads", headers=headers)
    assert (response.status_code, code(response)) == (401, expected)
    assert response.headers["www-authenticate"] == CHALLENGE


async def test_the_scheme_may_be_written_in_any_case(api: Api, issuer: TokenIssuer) -> None:
    token = bearer(issuer)["Authorization"].removeprefix("Bearer ")
    for scheme in ("bearer", "BEARER"):
        headers = {"Authorization": f"{scheme} {token}"}
        assert (await api.http.get("/v1/threads", headers=headers)).status_code == 200


async def test_a_token_in_the_address_is_not_read(api: Api, issuer: TokenIssuer) -> None:
    token = bearer(issuer)["Authorization"].removeprefix("Bearer ")
    response = await api.http.get("/v1/threads", params={"access_token": token})
    assert code(response) == "token_missing"


async def test_without_keys_it_is_a_passing_failure(
    environment: dict[str, str], api: Api, issuer: TokenIssuer
) -> None:
    clock = time.time()
    tokens = api.app.state.settings.identity.tokens
    await api.app.state.verifier.close()
    api.app.state.verifier = TokenVerifier(tokens, lambda: clock)
    issuer.down = True
    for path in ("/v1/threads", "/openai/v1/models", "/api/agents"):
        response = await api.http.get(path, headers=bearer(issuer))
        assert (response.status_code, code(response)) == (503, "keys_unavailable")
        assert response.headers["retry-after"] == "5"
        assert "www-authenticate" not in response.headers
    assert (await api.http.get("/health")).status_code == 200

    issuer.down = False
    clock += 5
    assert (await api.http.get("/v1/threads", headers=bearer(issuer))).status_code == 200


async def test_keys_are_there_before_the_first_token(api: Api, issuer: TokenIssuer) -> None:
    await api.app.state.verifier._keys._wait()
    assert issuer.fetched == ["/.well-known/openid-configuration", "/jwks"]
    await api.http.get("/v1/threads", headers=bearer(issuer))
    assert len(issuer.fetched) == 2


async def test_no_token_and_no_claim_is_in_a_log(
    api: Api, issuer: TokenIssuer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    good = bearer(issuer, sub="mara-the-driver")
    wrong = bearer(issuer, sub="mara-the-driver", aud="x")
    for headers in (good, wrong):
        await api.http.get("/v1/threads", headers=headers)
    logged = "".join(str(vars(record)) for record in caplog.records if "waypost" in record.name)
    assert "mara-the-driver" not in logged
    assert "eyJ" not in logged
