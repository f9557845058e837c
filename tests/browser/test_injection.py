"""HTML injection: answers, tables, titles and questions are only ever shown as text.

`new_page` fails a test whose page violates the policy or raises.
"""

from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser import events
from tests.browser.chat_actions import answer_text, ask
from tests.browser.fake_backend import FakeBackend

HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=1</script><b>x</b>'
MADE_BY_MARKUP = "#scroller :is(img, script, iframe, object, embed, style, form, b, [onerror])"


def finished(page: Page, backend: FakeBackend, text: str, question: str = "Anything?") -> None:
    run = ask(page, backend, question)
    run.emit(*events.routed(), *events.answer(text), events.completed())
    expect(page.locator(".usage")).to_be_visible()


def test_html_in_an_answer_is_text(page: Page, backend: FakeBackend) -> None:
    finished(page, backend, HOSTILE)

    expect(answer_text(page)).to_have_text(HOSTILE)
    expect(answer_text(page).locator("*:not(p)")).to_have_count(0)
    expect(page).to_have_title("Anything? · Waypost")


def test_html_inside_any_markdown_is_text(page: Page, backend: FakeBackend) -> None:
    inside = ["# {}", "- {}", "> {}", "```\n{}\n```", "`{}`", "**{}**", "|a|\n|-|\n|{}|"]

    finished(page, backend, "\n\n".join(around.format(HOSTILE) for around in inside))

    expect(answer_text(page).get_by_text(HOSTILE)).to_have_count(len(inside))
    expect(answer_text(page).locator("img, script, b")).to_have_count(0)


def test_only_web_and_mail_addresses_become_links(page: Page, backend: FakeBackend) -> None:
    addresses = [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example",
        "/v1/threads",
    ]

    finished(page, backend, "\n\n".join(f"[press]({one}) and <{one}>" for one in addresses))

    expect(answer_text(page).get_by_text("press")).to_have_count(len(addresses))
    expect(answer_text(page).locator("a")).to_have_count(0)


def test_links_have_no_opener_and_no_referrer(page: Page, backend: FakeBackend) -> None:
    finished(page, backend, "[a](https://a.example/x) <mailto:b@example.com> http://c.example.")

    links = (
        answer_text(page).locator("a").evaluate_all("(links) => links.map((a) => [a.href, a.rel])")
    )
    assert links == [
        ["https://a.example/x", "noopener noreferrer"],
        ["mailto:b@example.com", "noopener noreferrer"],
        ["http://c.example/", "noopener noreferrer"],
    ]


def test_a_markdown_image_loads_nothing(page: Page, backend: FakeBackend) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    finished(page, backend, "![a chart](https://evil.example/?q=secret)")

    expect(answer_text(page).get_by_role("link", name="a chart")).to_be_visible()
    expect(answer_text(page).locator("img")).to_have_count(0)
    assert not [url for url in asked if "evil.example" in url]


def test_html_from_the_database_is_text(page: Page, backend: FakeBackend) -> None:
    table: dict[str, Any] = {"columns": [HOSTILE], "rows": [[HOSTILE]], "truncated": False}
    run = ask(page, backend, "Anything?")

    run.emit(*events.routed(), *events.database_query(f"SELECT '{HOSTILE}'", table))
    run.emit(*events.refused_query(HOSTILE, HOSTILE), *events.answer("Done."), events.completed())

    expect(page.get_by_role("cell", name=HOSTILE)).to_be_visible()
    expect(page.get_by_label("SQL").first).to_have_text(f"SELECT '{HOSTILE}'")
    expect(page.locator(".error-text")).to_have_text(HOSTILE)
    expect(page.locator(MADE_BY_MARKUP)).to_have_count(1)  # the <b> of the runner-up


def test_html_in_every_other_field_is_text(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, HOSTILE)
    source = events.OVERTIME.model_copy(
        update={"document": HOSTILE, "heading": HOSTILE, "quote": HOSTILE}
    )

    run.emit(*events.routed(events.route(reason=HOSTILE, agent=HOSTILE, runner_up=None)))
    run.emit(events.text_started(), events.text_delta("See [1]."), source)
    run.emit(events.failed(message=HOSTILE, code=HOSTILE))

    expect(page.get_by_role("alert")).to_contain_text(HOSTILE)
    expect(page.locator(".question")).to_have_text(HOSTILE)
    expect(page.locator(".routing-reason")).to_have_text(HOSTILE)
    expect(page.locator(".sources blockquote")).to_have_text(HOSTILE)
    expect(page.get_by_role("link", name=HOSTILE).first).to_be_visible()
    expect(page.locator(MADE_BY_MARKUP)).to_have_count(0)


def test_html_in_a_threads_title_is_text(page: Page, backend: FakeBackend) -> None:
    thread = backend.make_thread(HOSTILE)

    page.goto(f"{backend.url}/?thread={thread.id}")

    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    expect(page.locator("#thread-list .title")).to_have_text(HOSTILE)
    expect(page.locator("#thread-list :is(img, script, b)")).to_have_count(0)
    page.get_by_role("button", name="Delete").first.click()
    expect(page.get_by_role("dialog").locator(".dialog-subject")).to_have_text(HOSTILE)


def test_the_content_security_policy_is_enforced(browser: Browser, backend: FakeBackend) -> None:
    """Not even the page's own code can turn a text into a script."""
    page = browser.new_page()
    page.goto(backend.url)
    blocked = page.evaluate(
        """() => {
          const script = document.createElement("script");
          try { script.textContent = "document.title = 'owned'"; } catch { return "refused"; }
          document.head.append(script);
          return document.title;
        }"""
    )
    assert blocked == "refused"
    page.close()
