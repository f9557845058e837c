"""CORS as the URL's settings have it, whatever the function says."""

import pytest

from tests.local.conftest import Url
from waypost_local import cors

PAGE = "https://page.example"
SETTINGS = {
    "AllowOrigins": [PAGE],
    "AllowMethods": ["GET", "POST"],
    "AllowHeaders": ["content-type"],
    "ExposeHeaders": ["x-run-id"],
    "MaxAge": 600,
}


def made(**changes: object) -> cors.Cors:
    found = cors.from_url({"Cors": {**SETTINGS, **changes}})
    assert found is not None
    return found


def test_a_listed_origin_may_read_the_answer() -> None:
    assert made().answer({"origin": PAGE}) == {
        "access-control-allow-origin": PAGE,
        "access-control-expose-headers": "x-run-id",
        "vary": "Origin",
    }


@pytest.mark.parametrize("request_headers", [{}, {"origin": "https://evil.example"}])
def test_nobody_else_may(request_headers: dict[str, str]) -> None:
    assert made().answer(request_headers) == {"vary": "Origin"}
    assert made().preflight(request_headers) == {"vary": "Origin"}


def test_a_star_stands_for_everybody_but_never_with_credentials() -> None:
    anybody = made(AllowOrigins=["*"])
    assert anybody.answer({"origin": PAGE})["access-control-allow-origin"] == "*"
    trusting = made(AllowOrigins=["*"], AllowCredentials=True)
    assert trusting.answer({"origin": PAGE})["access-control-allow-origin"] == PAGE
    assert trusting.answer({"origin": PAGE})["access-control-allow-credentials"] == "true"


def test_without_settings_the_function_answers_for_itself() -> None:
    assert cors.from_url({}) is None


async def test_a_preflight_is_answered_by_the_url_alone(url: Url) -> None:
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


async def test_the_functions_own_cors_headers_are_replaced(url: Url) -> None:
    answer = await url.get("/headers", headers={"Origin": PAGE})
    assert answer.headers.get_list("access-control-allow-origin") == [PAGE]
    assert answer.headers["access-control-expose-headers"] == "x-run-id"
    assert answer.headers["vary"] == "Accept, Origin"


async def test_a_refusal_can_be_read_by_the_page_too(url: Url) -> None:
    answer = await url.get("/crash", headers={"Origin": PAGE})
    assert answer.status_code == 502
    assert answer.headers["access-control-allow-origin"] == PAGE
