"""Batches on the page: lines that are looked at and sent, progress, results that are filtered."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import NewPage

SLOW = 40_000
"""Milliseconds: each function starts as a process of its own."""
LINES = "\n".join(
    [
        '{"question": "How many jobs are open?", "agent": "sql"}',
        "",
        '{"question": "Which?", "agent": "nobody"}',
        '{"question": "How many technicians are active?", "agent": "sql"}',
        '{"question": "What is the total revenue?", "agent": "sql"}',
    ]
)


def test_a_file_is_looked_at_sent_and_followed_to_its_results(
    new_page: NewPage, local_stack_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(LINES)
    page = new_page()
    page.set_default_timeout(SLOW)
    page.goto(local_stack_url)

    page.get_by_role("link", name="Batches").click()
    form = page.get_by_role("form", name="New batch")
    expect(form.get_by_role("button", name="Start")).to_be_disabled()
    form.get_by_label("or a file").set_input_files(file)
    expect(form.locator(".batch-preview li")).to_have_text(
        ["How many jobs are open?", "Which?", "How many technicians are active?"]
    )
    expect(form).to_contain_text("and 1 more")
    form.get_by_role("button", name="Start 4 questions").click()

    expect(page.locator(".batch-state")).to_have_text("completed", timeout=SLOW)
    rows = page.get_by_role("region", name="Results").locator("tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.nth(0)).to_contain_text("There are 4 open jobs.")
    expect(rows.nth(1)).to_contain_text("There is no agent of that name.")
    expect(page.locator(".batch .metadata")).to_contain_text("answered 3")
    expect(page.get_by_role("link", name="Download results")).to_be_visible()

    page.get_by_label("Only those without an answer").check()
    expect(rows.filter(visible=True)).to_have_count(1)
    page.get_by_label("Only those without an answer").uncheck()
    rows.nth(0).get_by_role("link").click()
    expect(page.locator(".exchange")).to_contain_text("There are 4 open jobs.")

    page.get_by_role("link", name="Batches").click()
    listed = page.get_by_role("list", name="Batches").get_by_role("listitem")
    expect(listed).to_contain_text(["completed"])


def test_questions_are_scheduled_and_a_schedule_is_ended(
    new_page: NewPage, local_stack_url: str
) -> None:
    page = new_page()
    page.set_default_timeout(SLOW)
    page.goto(f"{local_stack_url}/#batches")

    form = page.get_by_role("form", name="New batch")
    form.get_by_label("Questions").fill("How many jobs are open?\nWhich?")
    form.get_by_label("When").select_option("Every working day")
    form.get_by_label("at", exact=True).fill("06:30")
    form.get_by_label("Name").fill("Mornings")
    form.get_by_role("button", name="Schedule 2 questions").click()

    schedules = page.get_by_role("region", name="Schedules").get_by_role("listitem")
    expect(schedules).to_contain_text(["Mornings"])
    expect(schedules).to_contain_text(["cron(30 6 ? * MON-FRI *)"])
    expect(schedules).to_contain_text(["not asked yet"])
    page.get_by_role("button", name="End Mornings").click()
    expect(schedules).to_have_count(0)


def test_a_batch_that_is_not_there_says_so(new_page: NewPage, local_stack_url: str) -> None:
    page = new_page()

    page.goto(f"{local_stack_url}/#batches/batch_nothing")

    expect(page.get_by_role("alert")).to_contain_text("Batch not found.")
