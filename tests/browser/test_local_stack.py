"""The page over the whole stack, as `make run` starts it."""

import re
import sqlite3

from playwright.sync_api import Page, expect

from tests.browser.chat_actions import answer_text
from tests.browser.conftest import ROOT, NewPage

SLOW = 20_000
"""Milliseconds: each function starts as a process of its own."""
# Counts the different texts that the latest answer had while its run went on.
COUNT_STATES = """
let latest = null;
let seen = new Set();
new MutationObserver(() => {
  const unfinished = document.querySelector(".exchange:has(.status-line:not([hidden]))");
  const answer = unfinished?.querySelector(".text:not(:empty)");
  if (!answer) return;
  if (unfinished !== latest) seen = new Set();
  latest = unfinished;
  if (seen.has(answer.textContent)) return;
  seen.add(answer.textContent);
  document.documentElement.dataset.states = seen.size;
}).observe(document, { subtree: true, childList: true, attributes: true });
"""


def ask(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def active_technicians() -> int:
    with sqlite3.connect(":memory:") as database:
        database.executescript((ROOT / "demo" / "company.sql").read_text())
        counted = database.execute("SELECT count(*) FROM technicians WHERE status = 'active'")
        return int(counted.fetchone()[0])


def test_questions_are_answered_from_the_database_and_the_documents(
    new_page: NewPage, local_stack_url: str
) -> None:
    page = new_page()
    page.set_default_timeout(SLOW)
    page.add_init_script(COUNT_STATES)
    page.goto(local_stack_url)

    ask(page, "How many technicians are active?")
    expect(page.locator(".agent-badge")).to_have_text("Data", timeout=SLOW)
    expect(page.locator(".usage")).to_be_visible(timeout=SLOW)
    expect(page.locator(".tool-call").get_by_label("SQL")).to_contain_text("SELECT")
    expect(answer_text(page)).to_contain_text(str(active_technicians()))

    ask(page, "What are the overtime rules?")
    expect(page.locator(".agent-badge").last).to_have_text("Documents", timeout=SLOW)
    expect(page.locator(".usage").last).to_be_visible(timeout=SLOW)
    expect(page.locator("html")).to_have_attribute("data-states", re.compile(r"[2-9]|\d\d"))
    expect(answer_text(page)).to_contain_text("38")
    expect(page.locator(".sources .document").first).to_have_text("handbook-working-time.md")

    before = page.locator(".log").inner_text()
    page.reload()
    expect(page.locator(".usage")).to_have_count(2, timeout=SLOW)
    assert page.locator(".log").inner_text() == before
