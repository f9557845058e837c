"""Functions start anew when their code changes."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.local.conftest import TEMPLATE, Gate, Open, Url
from waypost_local import reload
from waypost_local.logs import Log


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the small stack, its layer where its template looks for it."""
    stack = tmp_path / "tests/local/stack"
    shutil.copytree(TEMPLATE.parent, stack)
    shutil.copytree(TEMPLATE.parents[3] / "layers/runtime", tmp_path / "layers/runtime")
    return stack


class Watched:
    """A URL whose code is watched."""

    def __init__(self, url: Url, code: Path) -> None:
        self.url = url
        self.code = code
        self.told: asyncio.Queue[str] = asyncio.Queue()

    async def change(self, text: str) -> str:
        """Writes a file of the function, and answers what was said when it had been seen.

        Nobody is told when the watching has begun: it is written until somebody sees it.
        """
        while True:
            (self.code / "text.py").write_text(f"TEXT = {text!r}\n")
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(self.told.get(), 1)


@pytest.fixture
async def watched(serving: Open, root: Path) -> AsyncIterator[Watched]:
    app = root / "function/tiny.py"
    app.write_text(app.read_text().replace('{"status": "healthy"}', '{"text": TEXT}'))
    app.write_text(f"from text import TEXT\n{app.read_text()}")
    (root / "function/text.py").write_text("TEXT = 'old'\n")
    async with serving(root=root) as url:
        made = Watched(url, root / "function")
        log = Log(made.told.put_nowait)
        task = asyncio.create_task(reload.watch([made.code], url.pool, log))
        yield made
        task.cancel()


async def test_the_next_request_sees_the_new_code(watched: Watched) -> None:
    assert (await watched.url.get("/health")).json() == {"text": "old"}
    assert (await watched.change("changed")).endswith("Started anew after a change of text.py.")
    assert (await watched.url.get("/health")).json() == {"text": "changed"}


async def test_what_is_running_finishes_with_the_old_code(watched: Watched, gate: Gate) -> None:
    browser = await watched.url.connect()
    browser.ask(f"/steps?gate={gate.port}")
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


async def test_code_that_does_not_start_is_reported_and_can_be_mended(watched: Watched) -> None:
    (watched.code / "tiny.py").rename(watched.code / "gone.py")
    assert "Tiny did not start" in await watched.change("any")
    assert (await watched.url.get("/health")).status_code == 502

    (watched.code / "gone.py").rename(watched.code / "tiny.py")
    while "Started anew" not in await watched.change("mended"):
        pass
    assert (await watched.url.get("/health")).json() == {"text": "mended"}
