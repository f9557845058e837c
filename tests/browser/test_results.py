"""Results of tools: tables to sort and download, series as charts, passages that unfold."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import events
from tests.browser.chat_actions import ask
from tests.browser.fake_backend import FakeBackend
from waypost.events import StepStarted, ToolInput, ToolOutput, ToolStarted

QUESTION = "How many technicians are active?"
TRADES = {
    "columns": ["trade", "technicians"],
    "rows": [["heating", 9], ["cooling", 10], ["=1+1", None], ['a "b", c', 8]],
    "truncated": False,
}
MONTHS = {
    "columns": ["month", "revenue"],
    "rows": [["2026-01", 2328.2], ["2026-02", 2863.9], ["2026-03", 5426.5]],
    "truncated": False,
}
PASSAGES = [
    {
        "index": 1,
        "document": "handbook.md",
        "heading": "Handbook > Meals",
        "text": "A meal allowance of 18 is paid.",
    },
    {"index": 2, "document": "notes.txt", "heading": "", "text": "<b>Nothing</b>"},
]


def answered(page: Page, backend: FakeBackend, table: dict[str, object]) -> None:
    run = ask(page, backend, QUESTION)
    run.emit(*events.routed(), *events.database_query(table=table))
    run.emit(*events.answer("28."), events.completed())
    expect(page.locator(".tool-call .state")).to_contain_text("rows")


def test_a_table_is_sorted_by_a_column_up_and_down(page: Page, backend: FakeBackend) -> None:
    answered(page, backend, TRADES)
    cells = page.locator(".result-table tbody tr td:first-child")
    count = page.get_by_role("columnheader", name="technicians")

    count.get_by_role("button").click()
    expect(cells).to_have_text(['a "b", c', "heating", "cooling", "=1+1"])
    expect(count).to_have_attribute("aria-sort", "ascending")

    count.get_by_role("button").click()
    expect(count).to_have_attribute("aria-sort", "descending")
    expect(cells.nth(1)).to_have_text("cooling")

    page.get_by_role("button", name="trade", exact=True).click()
    expect(count).not_to_have_attribute("aria-sort", "descending")


def test_a_table_is_downloaded_as_csv_that_no_spreadsheet_runs(
    page: Page, backend: FakeBackend
) -> None:
    answered(page, backend, TRADES)

    with page.expect_download() as started:
        page.get_by_role("button", name="Download as CSV").click()

    assert started.value.suggested_filename == "result.csv"
    text = Path(started.value.path()).read_bytes().decode("utf-8-sig")
    assert text == 'trade,technicians\r\nheating,9\r\ncooling,10\r\n\'=1+1,\r\n"a ""b"", c",8\r\n'


def test_a_series_has_a_chart_and_other_tables_have_none(page: Page, backend: FakeBackend) -> None:
    answered(page, backend, MONTHS)

    chart = page.get_by_role("img", name="revenue by month, from 2026-01 to 2026-03")
    expect(chart).to_be_visible()
    expect(chart.locator("rect")).to_have_count(3)


def test_a_table_that_is_no_series_has_no_chart(page: Page, backend: FakeBackend) -> None:
    answered(page, backend, TRADES)

    expect(page.locator(".chart")).to_have_count(0)


def test_what_a_search_found_is_a_list_that_unfolds(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, QUESTION)
    run.emit(
        *events.routed(),
        StepStarted(step_id="step_tool", kind="tool", name="search_documents"),
        ToolStarted(call_id="call_1", name="search_documents", step_id="step_tool"),
        ToolInput(call_id="call_1", arguments={"query": "meals"}),
        ToolOutput(call_id="call_1", output={"passages": PASSAGES}, elapsed_ms=4),
    )
    run.emit(*events.answer("18."), events.completed())

    expect(page.locator(".tool-call .state")).to_have_text("2 passages · 4 ms")
    items = page.locator(".passages li")
    expect(items.first.get_by_text("A meal allowance of 18 is paid.")).to_be_hidden()
    items.first.locator("summary").click()
    expect(items.first.get_by_text("A meal allowance of 18 is paid.")).to_be_visible()
    expect(items.last.locator("summary")).to_contain_text("notes.txt")
    expect(items.last.locator(".passage-text")).to_have_text("<b>Nothing</b>")
