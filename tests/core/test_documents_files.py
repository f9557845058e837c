"""Which files of a folder are documents, and that one bad file costs no answer from the others."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from waypost.knowledge import Folder, building, documents
from waypost.knowledge.passage import Passage
from waypost.knowledge.passages import passages


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "good.md").write_text("# Parking\n\nBicycles stand in the yard.")
    return folder


def found(passages: list[Passage]) -> list[str]:
    return [passage.document for passage in passages]


def left_out(root: Path) -> dict[str, str]:
    files = (one.file for one in building.indexed_files(root, documents.listed(root)))
    return {file.name: file.left_out for file in files if file.left_out}


@pytest.mark.parametrize(
    ("front_matter", "title"),
    [
        ("title: Ferries\ndate: 2026-13-45", "Ferries"),
        ("title: Ferries\nupdated: 0000-01-01T99:00:00Z", "Ferries"),
        ("title: 2026", "2026"),
        ("title: [a, b]", "Harbour"),
        ("title: *missing", "Harbour"),
        ("? {a: b}\n: c", "Harbour"),
        ("[" * 3000, "Harbour"),
        ("", "Harbour"),
    ],
)
async def test_any_front_matter_leaves_the_text_to_be_found(
    root: Path, tmp_path: Path, front_matter: str, title: str
) -> None:
    (root / "ferry.md").write_text(f"---\n{front_matter}\n---\n# Harbour\n\nThe ferry runs hourly.")
    passages = await Folder(root, cache=tmp_path).search("ferry")
    assert [(p.title, p.text) for p in passages] == [(title, "The ferry runs hourly.")]


async def test_two_thematic_breaks_are_no_front_matter(root: Path, tmp_path: Path) -> None:
    (root / "note.md").write_text("---\nWe close early on Fridays.\n---\nAnd open late on Mondays.")
    [passage] = await Folder(root, cache=tmp_path).search("fridays")
    assert "close early" in passage.title + passage.text


async def test_names_that_are_not_utf8_are_left_out(root: Path, tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.md")).write_text("# Coffee\n\nFrom seven.")
    assert found(await Folder(root, cache=tmp_path).search("bicycles coffee")) == ["good.md"]
    assert left_out(root) == {"caf\\udce9.md": "its name is not UTF-8"}


async def test_links_and_pipes_are_left_out(root: Path, tmp_path: Path) -> None:
    (root / "gone.md").symlink_to(tmp_path / "nowhere.md")
    (root / "round.md").symlink_to(root / "round.md")
    (root / "up").symlink_to(root)
    os.mkfifo(root / "pipe.txt")
    (root / "folder.md").mkdir()
    assert found(await Folder(root, cache=tmp_path).search("bicycles")) == ["good.md"]
    assert left_out(root) == {
        "gone.md": "No such file or directory",
        "pipe.txt": "it is not a regular file",
        "round.md": "Too many levels of symbolic links",
    }


async def test_a_link_to_a_file_is_a_document(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.md").write_text("# Showers\n\nBehind the gym.")
    (root / "showers.md").symlink_to(tmp_path / "elsewhere.md")
    assert found(await Folder(root, cache=tmp_path).search("showers")) == ["showers.md"]


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), FileNotFoundError(2)])
async def test_files_that_cannot_be_read_are_left_out(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    (root / "secret.md").write_text("# Secret\n\nKept.")
    read_bytes = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "secret.md":
            raise error
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert found(await Folder(root, cache=tmp_path).search("bicycles secret")) == ["good.md"]
    assert list(left_out(root)) == ["secret.md"]


async def test_a_file_that_the_parser_stumbles_over_is_left_out(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "odd.md").write_text("# Odd\n\nBicycles too.")

    def stumble(document: str, source: str) -> Iterator[Passage]:
        if document == "odd.md":
            raise IndexError
        return passages(document, source)

    monkeypatch.setattr(building, "passages", stumble)
    assert found(await Folder(root, cache=tmp_path).search("bicycles")) == ["good.md"]
    assert left_out(root) == {"odd.md": "it cannot be cut into passages: IndexError"}


async def test_files_that_are_too_large_are_left_out(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MAX_BYTES", 1000)
    (root / "dump.txt").write_text("x" * 1001)
    assert left_out(root) == {"dump.txt": "it is larger than 1,000 bytes"}


async def test_hidden_folders_and_packages_are_passed_over(root: Path, tmp_path: Path) -> None:
    for name in (".git/x.md", "site/.cache/y.md", "node_modules/left-pad/README.md", ".hidden.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("# Bicycles\n\nBicycles.")
    folder = Folder(root, cache=tmp_path)
    assert await folder.names() == {"good.md"}
    assert left_out(root) == {}


async def test_what_is_left_out_is_logged_once(
    root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (root / "photo.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9)
    folder = Folder(root, cache=tmp_path)
    with caplog.at_level(logging.WARNING, "waypost.knowledge"):
        await folder.search("bicycles")
        await folder.search("yard")
    [record] = caplog.records
    assert record.getMessage() == "documents left out"
    assert record.__dict__["documents"] == {"photo.txt": "it is no text in a known encoding"}
