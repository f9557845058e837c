"""Clients that read event streams: each returns the data of every event, in order."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import httpx_sse

TIMEOUT = 60
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
([url, names, count]) => new Promise((resolve, reject) => {
  const data = [];
  const source = new EventSource(url);
  const add = (event) => {
    data.push(event.data);
    if (data.length === count) { source.close(); resolve(data); }
  };
  for (const name of ["message", ...names]) source.addEventListener(name, add);
  source.onerror = () => reject(new Error(`cut off after ${data.length} of ${count}`));
})
"""


class ClientUnavailable(Exception):
    """The client is not installed here; the message names what it needs."""


@dataclass(frozen=True)
class StreamResponse:
    """`data` holds the `data` of each frame."""

    run_id: str
    data: list[str]


Client = Callable[[str, dict[str, Any]], StreamResponse]


def curl(url: str, body: dict[str, Any]) -> StreamResponse:
    """`curl -N`, with the headers before the stream."""
    path = shutil.which("curl")
    if path is None:
        raise ClientUnavailable("needs curl")
    command = [
        path,
        "-sSN",
        "-i",
        "-m",
        str(TIMEOUT),
        "-H",
        "Content-Type: application/json",
        "-d",
        json.dumps(body),
        url,
    ]
    output = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    head, _, stream = output.replace("\r\n", "\n").partition("\n\n")
    assert " 200" in head.partition("\n")[0], output
    headers = dict(line.lower().split(": ", 1) for line in head.split("\n")[1:])
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-cache, no-transform"
    run_id = next(line for line in head.split("\n") if line.lower().startswith("x-run-id"))
    data = [line[6:] for line in stream.split("\n") if line.startswith("data: ")]
    return StreamResponse(run_id.partition(": ")[2], data)


def httpx_events(url: str, body: dict[str, Any]) -> StreamResponse:
    """httpx-sse, which refuses a response that is not an event stream."""
    with (
        httpx.Client(timeout=TIMEOUT) as client,
        httpx_sse.connect_sse(client, "POST", url, json=body) as source,
    ):
        data = [event.data for event in source.iter_sse()]
        return StreamResponse(source.response.headers["x-run-id"], data)


class Chromium:
    """A page of the stack's own origin that reads streams with fetch or EventSource."""

    def __init__(self, page: Any) -> None:
        self._page = page

    def fetch(self, url: str, body: dict[str, Any]) -> StreamResponse:
        return StreamResponse(*self._page.evaluate(_FETCH, [url, body]))

    def replay(self, url: str, names: list[str], count: int) -> list[str]:
        """The data of `count` events of these names, as EventSource receives them."""
        data: list[str] = self._page.evaluate(_EVENT_SOURCE, [url, names, count])
        return data


@contextmanager
def chromium(url: str) -> Iterator[Chromium]:
    """Raises ClientUnavailable where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise ClientUnavailable("needs Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{url}/docs")
        yield Chromium(page)
        browser.close()
