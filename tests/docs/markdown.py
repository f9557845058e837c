"""The repository's Markdown pages: their links, their headings and their shell commands."""

import re
from pathlib import Path

from tests.template import ROOT

PAGES = sorted(
    path for folder in (ROOT, ROOT / "docs", ROOT / "tests/data") for path in folder.glob("*.md")
)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def links(page: Path) -> list[str]:
    """The targets of a page's links and pictures, but for those of other sites."""
    found = _LINK.findall(_FENCED.sub("", page.read_text()))
    return [target for target in found if not target.startswith(("http://", "https://"))]


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = _HEADING.findall(_FENCED.sub("", page.read_text()))
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {text.replace(" ", "-") for text in words}


def commands(page: Path) -> list[str]:
    """Each command of a page's shell blocks, on one line and without its comment."""
    found: list[str] = []
    for block in _SHELL.findall(page.read_text()):
        found += _commands(block.replace("\\\n", " "))
    return found


def _commands(block: str) -> list[str]:
    """A command goes on to the next line while a quote is open."""
    found, command = [], ""
    for line in block.splitlines():
        command = f"{command}\n{line}" if command else line
        if command.count("'") % 2 == 0:
            found.append(re.sub(r"\s+# .*$", "", command).strip())
            command = ""
    return [command for command in found if command]
