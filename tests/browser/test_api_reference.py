"""The API reference, over the real OpenAPI description."""

from playwright.sync_api import Page, expect

from tests.browser import events
from tests.browser.conftest import NewPage
from tests.browser.fake_backend import FakeBackend
from waypost.events import any_event

METHODS = {"get", "post", "put", "patch", "delete"}


def open_reference(new_page: NewPage, backend: FakeBackend, fragment: str = "") -> Page:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{backend.url}/docs{fragment}")
    expect(page.get_by_role("article").first).to_be_visible()
    return page


def test_every_endpoint_is_there_with_its_responses(
    new_page: NewPage, backend: FakeBackend
) -> None:
    page = open_reference(new_page, backend)
    described = [
        (f"{method.upper()}{path}", sorted(operation["responses"]))
        for path, item in backend.description["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]

    shown = page.get_by_role("article").evaluate_all(
        """(articles) => articles.map((article) => [
          article.querySelector("h3").textContent,
          [...article.querySelectorAll(".status")].map((status) => status.textContent).sort(),
        ])"""
    )

    assert sorted(map(tuple, shown)) == sorted(described)
    linked = page.locator("#contents li a").evaluate_all(
        "(links) => links.map((a) => a.textContent)"
    )
    assert sorted(linked) == sorted(name for name, _ in described)


def test_a_stream_lists_every_event_with_its_fields(
    new_page: NewPage, backend: FakeBackend
) -> None:
    page = open_reference(new_page, backend)
    names = {name.lstrip("#/$defs") for name in any_event.json_schema()["discriminator"]["mapping"]}

    events = page.get_by_role("article", name="POST /v1/runs", exact=True).locator(".event")

    kinds = events.locator("> summary > code.name")
    expect(kinds).to_have_count(19)
    assert len(names) == 19
    route = events.filter(has_text="route.decided").first
    route.locator("summary").click()
    expect(route.locator(".fields")).to_contain_text("runner_up")
    expect(route.locator(".fields")).to_contain_text('"sticky" | "lexical"')


def test_an_example_can_be_copied(new_page: NewPage, backend: FakeBackend) -> None:
    page = open_reference(new_page, backend)
    article = page.get_by_role("article", name="POST /v1/runs", exact=True)

    article.get_by_role("button", name="Copy").click()

    expect(article.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == (
        f"curl -N -X POST '{backend.url}/v1/runs' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        """  -d '{"input":"How many technicians are active?"}'"""
    )


def test_an_address_leads_to_its_endpoint(new_page: NewPage, backend: FakeBackend) -> None:
    page = open_reference(new_page, backend, "#post-v1-threads-thread_id-runs")

    expect(
        page.get_by_role("heading", name="POST /v1/threads/{thread_id}/runs")
    ).to_be_in_viewport()


def test_a_description_that_cannot_be_loaded_is_an_error(
    new_page: NewPage, backend: FakeBackend
) -> None:
    page = new_page()
    page.route("**/openapi.json", lambda route: route.fulfill(status=503))

    page.goto(f"{backend.url}/docs")

    expect(page.get_by_role("alert")).to_contain_text("status 503")


def test_a_stream_of_several_dialects_lists_the_events_of_each(
    new_page: NewPage, backend: FakeBackend
) -> None:
    page = open_reference(new_page, backend)
    article = page.get_by_role("article", name="GET /v1/runs/{run_id}/events", exact=True)

    article.locator("summary", has_text="SupportEvent").click()

    events = article.locator(".event[open] .event > summary > code.name")
    expect(events.first).to_have_text("start")
    kinds = events.all_inner_texts()
    assert {"start", "agent", "token", "complete", "error"} <= set(kinds)


def test_an_event_is_named_by_its_constant(new_page: NewPage, backend: FakeBackend) -> None:
    page = open_reference(new_page, backend)
    article = page.get_by_role("article", name="POST /internal/chat/stream", exact=True)

    names = article.locator(".event > summary > code.name")

    expect(names).to_have_text(["tool_start", "route_decision", "token", "complete", "error"])


def test_each_stream_lists_its_own_events_with_an_example(
    new_page: NewPage, backend: FakeBackend
) -> None:
    page = open_reference(new_page, backend)
    shown = {
        "POST /chat": ["start", "agent", "token", "complete", "error"],
        "POST /api/chat/stream": ["text.delta", "tool.call", "tool.output", "error"],
        "POST /internal/chat/stream": [
            "tool_start",
            "route_decision",
            "token",
            "complete",
            "error",
        ],
    }
    for name, kinds in shown.items():
        events = page.get_by_role("article", name=name, exact=True).locator(".event")
        assert events.locator("summary code.name").all_inner_texts() == kinds
    token = page.get_by_role("article", name="POST /chat", exact=True).locator(".event").nth(2)
    token.locator("summary").click()
    expect(token.get_by_label("An example")).to_contain_text('"type": "token"')


def test_an_operation_is_tried_and_its_frames_arrive(
    new_page: NewPage, backend: FakeBackend
) -> None:
    page = open_reference(new_page, backend, "#post-v1-runs")
    article = page.locator("#post-v1-runs")

    article.get_by_text("Try it out").click()
    body = article.get_by_label("Body", exact=True)
    body.fill('{"input": "How many?"}')
    article.get_by_role("button", name="Send").click()
    run = backend.next_run()
    run.emit(*events.routed())

    response = article.get_by_label("Response")
    expect(response).to_contain_text("route.decided")
    expect(article.get_by_role("status")).to_contain_text("arriving")

    article.get_by_role("button", name="Stop").click()
    expect(article.get_by_role("status")).to_have_text("Stopped.")


def test_a_refusal_is_shown_with_its_status(new_page: NewPage, backend: FakeBackend) -> None:
    page = open_reference(new_page, backend, "#post-v1-runs")
    article = page.locator("#post-v1-runs")

    article.get_by_text("Try it out").click()
    article.get_by_label("Body", exact=True).fill("{}")
    article.get_by_role("button", name="Send").click()

    expect(article.get_by_role("status")).to_contain_text("422")
    expect(article.get_by_label("Response")).to_contain_text('"code"')
