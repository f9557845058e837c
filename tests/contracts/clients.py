"""Clients that people read event streams with: each gives the data of every event, in order."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import httpx_sse

PATIENCE = 60
_FETCH = """
async ([url, body]) => {
  const response = await fetch(url, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  const data = [];
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += decoder.decode(value, { stream: !done });
    const frames = rest.split("\\n\\n");
    rest = frames.pop();
    for (const frame of frames)
      for (const line of frame.split("\\n"))
        if (line.startsWith("data: ")) data.push(line.slice(6));
    if (done) return [response.headers.get("x-run-id"), data];
  }
}
"""
_EVENT_SOURCE = """
([url, kinds, last]) => new Promise((resolve, reject) => {
  const data = [];
  const source = new EventSource(url);
  const seen = (event) => {
    data.push(event.data);
    if (data.length === last) { source.close(); resolve(data); }
  };
  for (const kind of ["message", ...kinds]) source.addEventListener(kind, seen);
  source.onerror = () => reject(new Error(`cut off after ${data.length} of ${last}`));
})
"""


class Missing(Exception):
    """The client is not installed here; the text says what is."""


@dataclass(frozen=True)
class Told:
    run_id: str
    data: list[str]


Client = Callable[[str, dict[str, Any]], Told]


def curl(url: str, body: dict[str, Any]) -> Told:
    """`curl -N`, with the headers before the stream."""
    path = shutil.which("curl")
    if path is None:
        raise Missing("needs curl")
    command = [path, "-sSN", "-i", "-m", str(PATIENCE), "-H", "Content-Type: application/json",
               "-d", json.dumps(body), url]  # fmt: skip
    told = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    head, _, stream = told.replace("\r\n", "\n").partition("\n\n")
    assert " 200" in head.partition("\n")[0], told
    headers = dict(line.lower().split(": ", 1) for line in head.split("\n")[1:])
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-cache, no-transform"
    run_id = next(line for line in head.split("\n") if line.lower().startswith("x-run-id"))
    data = [line[6:] for line in stream.split("\n") if line.startswith("data: ")]
    return Told(run_id.partition(": ")[2], data)


def httpx_events(url: str, body: dict[str, Any]) -> Told:
    """httpx-sse, which refuses what is no event stream."""
    with (
        httpx.Client(timeout=PATIENCE) as client,
        httpx_sse.connect_sse(client, "POST", url, json=body) as source,
    ):
        data = [event.data for event in source.iter_sse()]
        return Told(source.response.headers["x-run-id"], data)


class Chromium:
    """A page of the stack's own origin, and what it reads with fetch or EventSource."""

    def __init__(self, page: Any) -> None:
        self._page = page

    def fetch(self, url: str, body: dict[str, Any]) -> Told:
        return Told(*self._page.evaluate(_FETCH, [url, body]))

    def replay(self, url: str, kinds: list[str], last: int) -> list[str]:
        """What EventSource hears until `last` events have come."""
        data: list[str] = self._page.evaluate(_EVENT_SOURCE, [url, kinds, last])
        return data


@contextmanager
def chromium(url: str) -> Iterator[Chromium]:
    """Raises Missing."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise Missing("needs Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{url}/docs")
        yield Chromium(page)
        browser.close()
