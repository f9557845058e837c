"""Functions restart when their code changes."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.local.conftest import TEMPLATE, Gate, RunningUrl, ServeUrl
from waypost_local.stack import reload
from waypost_local.stack.console import ConsoleLog

pytestmark = pytest.mark.server


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the small stack, its layer where its template looks for it."""
    stack = tmp_path / "tests/local/stack"
    shutil.copytree(TEMPLATE.parent, stack)
    shutil.copytree(TEMPLATE.parents[3] / "layers/runtime", tmp_path / "layers/runtime")
    return stack


class WatchedUrl:
    """A URL whose function is restarted when its code changes."""

    def __init__(self, url: RunningUrl, code: Path) -> None:
        self.url = url
        self.code = code
        self.lines: asyncio.Queue[str] = asyncio.Queue()

    async def change(self, text: str) -> str:
        """Writes a file of the function until the change is seen; returns the logged line.

        Nothing tells when the watching has started, so it may be written more than once.
        """
        while True:
            (self.code / "text.py").write_text(f"TEXT = {text!r}\n")
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(self.lines.get(), 1)


@pytest.fixture
async def watched(serve_url: ServeUrl, root: Path) -> AsyncIterator[WatchedUrl]:
    app = root / "function/tiny.py"
    app.write_text(app.read_text().replace('{"status": "healthy"}', '{"text": TEXT}'))
    app.write_text(f"from text import TEXT\n{app.read_text()}")
    (root / "function/text.py").write_text("TEXT = 'old'\n")
    async with serve_url(root=root) as url:
        watched = WatchedUrl(url, root / "function")
        log = ConsoleLog(watched.lines.put_nowait)
        task = asyncio.create_task(reload.watch([watched.code], url.pool, log))
        yield watched
        task.cancel()


async def test_the_next_request_sees_the_new_code(watched: WatchedUrl) -> None:
    assert (await watched.url.get("/health")).json() == {"text": "old"}
    assert (await watched.change("changed")).endswith("Restarted after a change of text.py.")
    assert (await watched.url.get("/health")).json() == {"text": "changed"}


async def test_a_running_request_finishes_with_the_old_code(
    watched: WatchedUrl, gate: Gate
) -> None:
    browser = await watched.url.connect()
    browser.send_request(f"/steps?gate={gate.port}")
    function = await gate.arrived.get()
    old = await function.reader.readline()
    await watched.change("changed")

    function.writer.write(b"still here\n")
    await browser.head()
    assert await browser.chunk() == b"still here\n"
    function.writer.write_eof()
    assert await browser.reader.readexactly(5) == b"0\r\n\r\n"

    await watched.url.requests.get()
    about = (await watched.url.get("/about")).json()
    assert b"%d\n" % about["pid"] != old


async def test_code_that_does_not_start_is_reported_and_can_be_fixed(watched: WatchedUrl) -> None:
    (watched.code / "tiny.py").rename(watched.code / "renamed.py")
    assert "Tiny did not start" in await watched.change("any")
    assert (await watched.url.get("/health")).status_code == 502

    (watched.code / "renamed.py").rename(watched.code / "tiny.py")
    while "Restarted" not in await watched.change("fixed"):
        pass
    assert (await watched.url.get("/health")).json() == {"text": "fixed"}
