"""For everybody: keyboard alone, both colour schemes, a phone's width, the rules of axe."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.browser import scenes
from tests.browser.administering import field, opened, save
from tests.browser.asking import answer_text, ask
from tests.browser.conftest import NewPage
from tests.browser.stage import Stage
from waypost.errors import Unauthenticated

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
WIDE = "| " + " | ".join(f"column {n}" for n in range(12)) + " |\n" + "|-" * 12 + "|\n"
TEXT = f"A [link](https://a.example) and [1].\n\n{WIDE}\n\n```\n{'x' * 200}\n```\n\n{'y' * 200}"


def full_answer(page: Page, stage: Stage) -> None:
    run = ask(page, stage, "What are the overtime rules?" + " and" * 30)
    run.emit(*scenes.routing(), *scenes.query(f"SELECT '{'z' * 300}'"))
    run.emit(scenes.opening(), scenes.says(TEXT), scenes.OVERTIME, scenes.closing(), scenes.usage())
    run.emit(scenes.failed(message="It broke: " + "w" * 200))
    expect(page.get_by_role("alert")).to_be_visible()
    page.locator(".account summary").click()
    page.locator(".sources summary").click()


def test_everything_by_keyboard(page: Page, stage: Stage) -> None:
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type("One?")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("And two?")
    page.keyboard.press("Enter")

    run = stage.next_run()
    assert run.question == "One?\nAnd two?"
    run.emit(*scenes.routing(), *scenes.query(), scenes.opening(), scenes.says("See [1]."))
    run.emit(scenes.OVERTIME, scenes.closing(), scenes.usage(), scenes.completed())
    expect(page.locator(".account")).to_be_visible()
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
    page.locator(".mark").focus()
    page.keyboard.press("Enter")
    expect(source).to_have_attribute("open", "")
    page.keyboard.press("Enter")
    expect(source).not_to_have_attribute("open", "")


def test_focus_can_be_seen(page: Page) -> None:
    page.locator(".brand").focus()
    for _ in range(3):
        page.keyboard.press("Tab")
        style = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        assert style == "solid"


def test_the_skip_link_leads_to_the_question(page: Page) -> None:
    page.locator(".skip").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_label("Your question")).to_be_focused()


def test_a_phone_has_no_sideways_scroll(new_page: NewPage, stage: Stage) -> None:
    page = new_page(**PHONE)
    page.goto(stage.url)
    full_answer(page, stage)

    for selector in ["html", "#scroller"]:
        wide, seen = page.locator(selector).evaluate("(n) => [n.scrollWidth, n.clientWidth]")
        assert wide <= seen
    send = page.locator("#send").bounding_box()
    assert send
    assert send["x"] + send["width"] <= 360


def test_a_phones_threads_are_in_a_drawer(new_page: NewPage, stage: Stage) -> None:
    stage.make_thread("An old question")
    page = new_page(**PHONE)
    page.goto(stage.url)
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
def test_axe_finds_nothing(new_page: NewPage, stage: Stage, scheme: str, path: str) -> None:
    stage.make_thread("An old question")
    page = new_page(color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    page.goto(stage.url + path)
    if path == "/":
        full_answer(page, stage)
    else:
        expect(page.get_by_role("article").first).to_be_visible()

    assert _violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_among_the_agents(new_page: NewPage, stage: Stage, scheme: str) -> None:
    stage.registry.seed("desk", "Desk", routed=False)
    stage.registry.delete("desk", 1)
    stage.registry.keep({**stage.registry.current("sql"), "instructions": "Other."})
    page = new_page(color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    page.goto(stage.url)
    page.get_by_role("button", name="Agent: Automatic").click()
    expect(page.get_by_role("option")).to_have_count(3)
    assert _violations(page) == []

    opened(page, stage, "#agents")
    page.get_by_label("Deleted ones too").check()
    expect(page.get_by_role("link", name="Desk")).to_be_visible()
    assert _violations(page) == []
    opened(page, stage, "#agents/sql/versions/1")
    expect(page.locator(".comparison")).to_be_visible()
    assert _violations(page) == []
    opened(page, stage, "#agents/sql/try")
    assert _violations(page) == []
    opened(page, stage, "#agents/sql")
    stage.registry.keep({**stage.registry.current("sql"), "instructions": "Theirs."})
    field(page, "Tokens").fill("")
    save(page)
    expect(page.locator("[data-part=max_tokens] .wrong")).to_be_visible()
    field(page, "Tokens").fill("10")
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("came in between")
    assert _violations(page) == []
    page.get_by_role("button", name="Delete “Data”").click()
    assert _violations(page) == []


@pytest.mark.parametrize(
    "place", ["agents", "agents/sql", "agents/sql/try", "agents/sql/versions/1", "new-agent"]
)
def test_a_phone_shows_agents_without_sideways_scroll(
    new_page: NewPage, stage: Stage, place: str
) -> None:
    words = "extraordinarily-long-word-" * 8
    stage.registry.keep({**stage.registry.current("sql"), "name": words, "instructions": words})
    page = new_page(**PHONE)
    page.goto(f"{stage.url}/#{place}")
    expect(page.locator("#agents .scroller:visible")).to_be_visible()

    for part in [page.locator("html"), page.locator("#agents .scroller:visible")]:
        wide, seen = part.evaluate("(n) => [n.scrollWidth, n.clientWidth]")
        assert wide <= seen


def test_a_place_among_the_agents_takes_the_keyboard_along(page: Page, stage: Stage) -> None:
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


def test_dark_and_light_follow_the_system(new_page: NewPage, stage: Stage) -> None:
    page = new_page(color_scheme="light")
    page.goto(stage.url)
    ground = page.locator("html")
    expect(ground).to_have_css("background-color", "rgb(247, 249, 249)")

    page.emulate_media(color_scheme="dark")
    expect(ground).to_have_css("background-color", "rgb(18, 24, 27)")


def test_nothing_moves_for_those_who_want_stillness(new_page: NewPage, stage: Stage) -> None:
    page = new_page(reduced_motion="reduce")
    page.goto(stage.url)
    run = ask(page, stage, "Still?")
    run.emit(*scenes.routing())
    expect(page.locator(".sign")).to_be_visible()

    moving = page.evaluate("() => document.getAnimations().length")

    assert moving == 0
    run.emit(*scenes.answer("Yes."), scenes.completed())
    expect(answer_text(page)).to_have_text(re.compile("Yes"))


def test_trouble_is_for_everybody_too(new_page: NewPage, stage: Stage) -> None:
    """Reconnecting, not stopped, not connected: no rule of axe is broken."""
    page = new_page(**PHONE, reduced_motion="reduce", bypass_csp=True)
    page.goto(stage.url)
    run = ask(page, stage, "What are the overtime rules?")
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("There are"))
    page.route("**/cancel", lambda route: route.abort())
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("alert")).to_be_visible()

    page.context.set_offline(True)
    run.drop()
    expect(page.locator(".status")).to_have_text("Reconnecting…")
    assert _violations(page) == []
    stage.lost.append(Unauthenticated())
    del stage.threads[run.thread_id]
    page.context.set_offline(False)
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert _violations(page) == []
    wide, seen = page.locator("html").evaluate("(n) => [n.scrollWidth, n.clientWidth]")
    assert wide <= seen


def test_a_button_that_goes_leaves_the_keyboard_in_its_place(page: Page, stage: Stage) -> None:
    run = ask(page, stage, "Still?")
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("Ye"), scenes.failed())

    page.get_by_role("button", name="Continue").focus()
    page.keyboard.press("Enter")

    second = stage.next_run()
    expect(page.locator("#scroller")).to_be_focused()
    second.emit(scenes.opening(), scenes.says("s."), scenes.closing(), scenes.completed())
    expect(answer_text(page)).to_have_text("Yes.")


def _violations(page: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(page).response["violations"]
    return [(v["id"], [n["target"] for n in v["nodes"]]) for v in found]
