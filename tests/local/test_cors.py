"""The CORS settings of a function URL, which replace the function's headers."""

from dataclasses import replace

import pytest

from tests.local.conftest import RunningUrl
from waypost_local.lambda_ import cors

PAGE = "https://page.example"
SETTINGS = {
    "AllowOrigins": [PAGE],
    "AllowMethods": ["GET", "POST"],
    "AllowHeaders": ["content-type"],
    "ExposeHeaders": ["x-run-id"],
    "MaxAge": 600,
}


def cors_settings(**changes: object) -> cors.Cors:
    settings = cors.from_url({"Cors": {**SETTINGS, **changes}})
    assert settings is not None
    return settings


def test_a_listed_origin_may_read_the_answer() -> None:
    assert cors_settings().response_headers({"origin": PAGE}) == {
        "access-control-allow-origin": PAGE,
        "access-control-expose-headers": "x-run-id",
        "vary": "Origin",
    }


@pytest.mark.parametrize("request_headers", [{}, {"origin": "https://evil.example"}])
def test_no_other_origin_may(request_headers: dict[str, str]) -> None:
    assert cors_settings().response_headers(request_headers) == {"vary": "Origin"}
    assert cors_settings().preflight_headers(request_headers) == {"vary": "Origin"}


def test_a_star_allows_every_origin_but_is_not_sent_with_credentials() -> None:
    any_origin = cors_settings(AllowOrigins=["*"])
    assert any_origin.response_headers({"origin": PAGE})["access-control-allow-origin"] == "*"
    with_credentials = cors_settings(AllowOrigins=["*"], AllowCredentials=True)
    assert (
        with_credentials.response_headers({"origin": PAGE})["access-control-allow-origin"] == PAGE
    )
    assert (
        with_credentials.response_headers({"origin": PAGE})["access-control-allow-credentials"]
        == "true"
    )


def test_without_settings_the_functions_headers_are_kept() -> None:
    assert cors.from_url({}) is None


async def test_a_preflight_is_answered_by_the_url_alone(url: RunningUrl) -> None:
    answer = await url.request(
        "OPTIONS",
        "/health",
        headers={"Origin": PAGE, "Access-Control-Request-Method": "POST"},
    )
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-methods"] == "GET,POST"
    assert answer.headers["access-control-allow-headers"] == "content-type,x-user-id"
    assert answer.headers["access-control-max-age"] == "600"
    assert answer.content == b""
    assert url.requests.get_nowait().environment == ""


async def test_the_functions_own_cors_headers_are_replaced(url: RunningUrl) -> None:
    answer = await url.get("/headers", headers={"Origin": PAGE})
    assert answer.headers.get_list("access-control-allow-origin") == [PAGE]
    assert answer.headers["access-control-expose-headers"] == "x-run-id"
    assert answer.headers["vary"] == "Accept, Origin"


async def test_an_error_response_has_cors_headers_too(url: RunningUrl) -> None:
    answer = await url.get("/crash", headers={"Origin": PAGE})
    assert answer.status_code == 502
    assert answer.headers["access-control-allow-origin"] == PAGE


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:3000", "http://localhost:5173", "http://127.0.0.1:3001", "http://[::1]:80"],
)
async def test_every_page_on_this_machine_may_call_the_local_stack(
    url: RunningUrl, origin: str
) -> None:
    answer = await url.get("/health", headers={"Origin": origin})

    assert answer.headers["access-control-allow-origin"] in {origin, "*"}


@pytest.mark.parametrize(
    "origin", ["http://localhost.evil.example", "http://10.0.0.1:3000", "null", "localhost:3000"]
)
def test_no_other_machine_is_a_loopback_origin(origin: str) -> None:
    settings = replace(cors_settings(), loopback=True)

    assert "access-control-allow-origin" not in settings.response_headers({"origin": origin})


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost:3000",
        "127.0.0.1",
        "127.8.9.1:80",
        "[::1]",
        "[::1]:8080",
        "a.localhost",
    ],
)
async def test_names_of_this_machine_are_served(url: RunningUrl, host: str) -> None:
    assert (await url.get("/health", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "localhost.evil.example",
        "evil-localhost",
        "notlocalhost:8080",
        "127.0.0.1.nip.io",
        "127.0.0.1.evil.example:8080",
        "0x7f.1.evil.example",
        "10.0.0.1",
        "169.254.169.254",
        "[fe80::1]:8080",
        "localhost@evil.example",
        "localhost:80@evil.example",
        "127.0.0.1:80@evil.example",
        "localhost, evil.example",
        "[::1",
        "[::1].evil.example",
        "[::1]x",
        "localhost/evil.example",
        "evil.example/localhost",
        "evil.example#localhost",
        "evil.example?localhost",
        ":8080",
    ],
)
async def test_any_other_name_is_refused(url: RunningUrl, host: str) -> None:
    browser = await url.connect()
    browser.writer.write(f"GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())

    status = await browser.reader.readline()

    assert status.split()[1] in (b"421", b"400"), status
    assert url.requests.get_nowait().environment == ""


@pytest.mark.parametrize("hosts", ["", "Host: localhost\r\nHost: evil.example\r\n", "Host:\r\n"])
async def test_one_host_is_needed(url: RunningUrl, hosts: str) -> None:
    browser = await url.connect()
    browser.writer.write(f"GET /health HTTP/1.1\r\n{hosts}\r\n".encode())

    assert (await browser.reader.readline()).split()[1] in (b"421", b"400")


@pytest.mark.parametrize("origin", ["http://[::1", "//localhost", "http://localhost@evil.example"])
def test_an_origin_that_is_none_is_not_allowed(origin: str) -> None:
    settings = replace(cors_settings(), loopback=True)

    assert "access-control-allow-origin" not in settings.response_headers({"origin": origin})


async def test_a_name_that_is_not_this_machines_is_refused(url: RunningUrl) -> None:
    refused = await url.get("/health", headers={"Host": "evil.example"})
    taken = await url.get("/health", headers={"Host": "waypost.localhost:8080"})

    assert refused.status_code == 421
    assert "no name of this machine" in refused.json()["Message"]
    assert taken.status_code == 200
