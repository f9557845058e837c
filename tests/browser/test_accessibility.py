"""Accessibility: keyboard, colour schemes, reduced motion, a phone's width, the rules of axe."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from tests.browser import events
from tests.browser.agent_actions import field, field_error, open_view, save
from tests.browser.chat_actions import answer_text, ask
from tests.browser.conftest import NewPage
from tests.browser.fake_backend import FakeBackend
from waypost.errors import Unauthenticated

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
WIDE = "| " + " | ".join(f"column {n}" for n in range(12)) + " |\n" + "|-" * 12 + "|\n"
TEXT = f"A [link](https://a.example) and [1].\n\n{WIDE}\n\n```\n{'x' * 200}\n```\n\n{'y' * 200}"


def full_answer(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, "What are the overtime rules?" + " and" * 30)
    run.emit(*events.routed(), *events.database_query(f"SELECT '{'z' * 300}'"))
    run.emit(
        events.text_started(),
        events.text_delta(TEXT),
        events.OVERTIME,
        events.text_completed(),
        events.usage(),
    )
    run.emit(events.failed(message="It broke: " + "w" * 200))
    expect(page.get_by_role("alert")).to_be_visible()
    page.locator(".usage summary").click()
    page.locator(".sources summary").click()


def test_the_page_can_be_used_with_the_keyboard_alone(page: Page, backend: FakeBackend) -> None:
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type("One?")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("And two?")
    page.keyboard.press("Enter")

    run = backend.next_run()
    assert run.question == "One?\nAnd two?"
    run.emit(
        *events.routed(),
        *events.database_query(),
        events.text_started(),
        events.text_delta("See [1]."),
    )
    run.emit(events.OVERTIME, events.text_completed(), events.usage(), events.completed())
    expect(page.locator(".usage")).to_be_visible()
    expect(page.locator("#thread-list li")).to_have_count(1)

    page.locator("#new-thread").focus()
    reached = []
    for _ in range(18):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => {
                  const { ariaLabel, textContent } = document.activeElement;
                  return (ariaLabel ?? textContent).slice(0, 30);
                }"""
            )
        )
    for stop in [
        "Rename",
        "Delete",
        "API",
        "query_database",
        "SQL",
        "Result",
        "Source 1",
        "1handbook",
        "1,204",
    ]:
        assert any(stop in name for name in reached), (stop, reached)

    source = page.locator(".sources details")
    page.locator(".citation").focus()
    page.keyboard.press("Enter")
    expect(source).to_have_attribute("open", "")
    page.keyboard.press("Enter")
    expect(source).not_to_have_attribute("open", "")


def test_the_focus_is_visible(page: Page) -> None:
    page.locator(".brand").focus()
    for _ in range(3):
        page.keyboard.press("Tab")
        style = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        assert style == "solid"


def test_the_skip_link_leads_to_the_question(page: Page) -> None:
    page.locator(".skip-link").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_label("Your question")).to_be_focused()


def test_a_phone_has_no_sideways_scroll(new_page: NewPage, backend: FakeBackend) -> None:
    page = new_page(**PHONE)
    page.goto(backend.url)
    full_answer(page, backend)

    for selector in ["html", "#scroller"]:
        assert not overflows(page.locator(selector))
    send = page.locator("#send").bounding_box()
    assert send
    assert send["x"] + send["width"] <= 360


def test_a_phones_threads_are_in_a_drawer(new_page: NewPage, backend: FakeBackend) -> None:
    backend.make_thread("An old question")
    page = new_page(**PHONE)
    page.goto(backend.url)
    thread = page.get_by_role("link", name="An old question")
    button = page.get_by_role("button", name="Threads")
    expect(thread).to_be_hidden()

    button.click()
    expect(thread).to_be_in_viewport()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(thread).to_be_hidden()
    expect(button).to_be_focused()

    button.click()
    thread.click()
    expect(thread).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_have_text("An old question")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/docs"])
def test_axe_finds_nothing(new_page: NewPage, backend: FakeBackend, scheme: str, path: str) -> None:
    backend.make_thread("An old question")
    page = new_page(color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    page.goto(backend.url + path)
    if path == "/":
        full_answer(page, backend)
    else:
        expect(page.get_by_role("article").first).to_be_visible()

    assert axe_violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_agents_section(
    new_page: NewPage, backend: FakeBackend, scheme: str
) -> None:
    backend.agents.seed("desk", "Desk", routed=False)
    backend.agents.delete("desk", 1)
    backend.agents.save_version({**backend.agents.current("sql"), "instructions": "Other."})
    page = new_page(color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    page.goto(backend.url)
    page.get_by_role("button", name="Agent: Automatic").click()
    expect(page.get_by_role("option")).to_have_count(3)
    assert axe_violations(page) == []

    open_view(page, "#agents")
    page.get_by_label("Show deleted agents").check()
    expect(page.get_by_role("link", name="Desk")).to_be_visible()
    assert axe_violations(page) == []
    open_view(page, "#agents/sql/versions/1")
    expect(page.locator(".diff")).to_be_visible()
    assert axe_violations(page) == []
    open_view(page, "#agents/sql/try")
    assert axe_violations(page) == []
    open_view(page, "#agents/sql")
    backend.agents.save_version({**backend.agents.current("sql"), "instructions": "Theirs."})
    field(page, "Max tokens").fill("")
    save(page)
    expect(field_error(page, "max_tokens")).to_be_visible()
    field(page, "Max tokens").fill("10")
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("while you were editing")
    assert axe_violations(page) == []
    page.get_by_role("button", name="Delete “Data”").click()
    assert axe_violations(page) == []


@pytest.mark.parametrize(
    "hash_", ["agents", "agents/sql", "agents/sql/try", "agents/sql/versions/1", "new-agent"]
)
def test_a_phone_shows_agents_without_sideways_scroll(
    new_page: NewPage, backend: FakeBackend, hash_: str
) -> None:
    words = "extraordinarily-long-word-" * 8
    backend.agents.save_version(
        {**backend.agents.current("sql"), "name": words, "instructions": words}
    )
    page = new_page(**PHONE)
    page.goto(f"{backend.url}/#{hash_}")
    expect(page.locator("#agents .scroller:visible")).to_be_visible()

    for element in [page.locator("html"), page.locator("#agents .scroller:visible")]:
        assert not overflows(element)


def test_the_focus_follows_into_a_view_of_the_agents_section(
    page: Page, backend: FakeBackend
) -> None:
    page.get_by_role("link", name="Agents").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    expect(page.get_by_role("main").get_by_role("link", name="Data")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="New agent")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(field(page, "Name")).to_have_value("Data")
    expect(page.get_by_role("main")).to_be_focused()


def test_dark_and_light_follow_the_system(new_page: NewPage, backend: FakeBackend) -> None:
    page = new_page(color_scheme="light")
    page.goto(backend.url)
    root = page.locator("html")
    expect(root).to_have_css("background-color", "rgb(247, 249, 249)")

    page.emulate_media(color_scheme="dark")
    expect(root).to_have_css("background-color", "rgb(18, 24, 27)")


def test_reduced_motion_stops_animations(new_page: NewPage, backend: FakeBackend) -> None:
    page = new_page(reduced_motion="reduce")
    page.goto(backend.url)
    run = ask(page, backend, "Still?")
    run.emit(*events.routed())
    expect(page.locator(".agent-badge")).to_be_visible()

    moving = page.evaluate("() => document.getAnimations().length")

    assert moving == 0
    run.emit(*events.answer("Yes."), events.completed())
    expect(answer_text(page)).to_have_text(re.compile("Yes"))


def test_axe_finds_nothing_while_reconnecting_or_disconnected(
    new_page: NewPage, backend: FakeBackend
) -> None:
    page = new_page(**PHONE, reduced_motion="reduce", bypass_csp=True)
    page.goto(backend.url)
    run = ask(page, backend, "What are the overtime rules?")
    run.emit(*events.routed(), events.text_started(), events.text_delta("There are"))
    page.route("**/cancel", lambda route: route.abort())
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("alert")).to_be_visible()

    page.context.set_offline(True)
    run.drop()
    expect(page.locator(".status-line")).to_have_text("Reconnecting…")
    assert axe_violations(page) == []
    backend.stream_errors.append(Unauthenticated())
    del backend.threads[run.thread_id]
    page.context.set_offline(False)
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert axe_violations(page) == []
    assert not overflows(page.locator("html"))


def test_a_button_that_disappears_leaves_the_focus_in_the_view(
    page: Page, backend: FakeBackend
) -> None:
    run = ask(page, backend, "Still?")
    run.emit(*events.routed(), events.text_started(), events.text_delta("Ye"), events.failed())

    page.get_by_role("button", name="Continue").focus()
    page.keyboard.press("Enter")

    second = backend.next_run()
    expect(page.locator("#scroller")).to_be_focused()
    second.emit(
        events.text_started(), events.text_delta("s."), events.text_completed(), events.completed()
    )
    expect(answer_text(page)).to_have_text("Yes.")


def overflows(element: Locator) -> bool:
    """Whether it scrolls sideways."""
    return bool(element.evaluate("(node) => node.scrollWidth > node.clientWidth"))


def axe_violations(page: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(v["id"], [n["target"] for n in v["nodes"]]) for v in found]
