"""Where the index of a folder comes from, and when it is built again."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from waypost.errors import Unavailable
from waypost.knowledge import Folder, building, documents, index, index_files

Reads = list[str]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "lifts.md").write_text("# Lifts\n\nLifts are inspected in May.")
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    """The names of documents that were read."""
    names: Reads = []
    read = documents.read

    def recorded(root: Path, file: documents.DocumentFile) -> bytes | documents.DocumentFile:
        names.append(file.name)
        return read(root, file)

    monkeypatch.setattr(documents, "read", recorded)
    return names


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The indexes that were built."""
    built: list[Path] = []
    build: Callable[..., None] = building.build

    def recorded(root: Path, files: list[documents.DocumentFile], index: Path) -> None:
        built.append(index)
        build(root, files, index)

    monkeypatch.setattr(building, "build", recorded)
    return built


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every folder, as if it stood in /opt on Lambda."""
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)


def test_an_unchanged_folder_is_not_read_again(root: Path, cache: Path, reads: Reads) -> None:
    first = index_files.current_index(root, cache)
    assert reads == ["lifts.md", "lifts.md"]
    assert index_files.current_index(root, cache) == first
    assert len(reads) == 2


def test_a_new_time_of_change_alone_builds_no_index(
    root: Path, cache: Path, builds: list[Path]
) -> None:
    first = index_files.current_index(root, cache)
    os.utime(root / "lifts.md", ns=(1, 1))
    assert index_files.current_index(root, cache) == first
    assert builds == [first]


def test_a_folder_that_moved_keeps_its_index(root: Path, cache: Path, builds: list[Path]) -> None:
    first = index_files.current_index(root, cache)
    moved = root.rename(root.parent / "moved")
    assert index_files.current_index(moved, cache) == first
    assert len(builds) == 1


def test_an_index_that_was_deleted_is_built_again(root: Path, cache: Path) -> None:
    index_files.current_index(root, cache).unlink()
    assert index.names(index_files.current_index(root, cache)) == ["lifts.md"]


@pytest.mark.usefixtures("read_only")
def test_a_shipped_index_is_opened_without_reading_a_document(
    root: Path, cache: Path, reads: Reads
) -> None:
    index_files.prebuild(root)
    reads.clear()
    assert index_files.current_index(root, cache) == root / ".waypost-index.sqlite"
    assert reads == []
    assert list(cache.iterdir()) == []


@pytest.mark.usefixtures("read_only")
async def test_a_shipped_index_answers_where_nothing_can_be_written(
    root: Path, cache: Path, builds: list[Path]
) -> None:
    index_files.prebuild(root)
    builds.clear()
    (root / index_files.PREBUILT).chmod(0o444)
    [passage] = await Folder(root, cache=cache / "absent").search("inspected")
    assert passage.document == "lifts.md"
    assert builds == []


@pytest.mark.usefixtures("read_only")
def test_a_shipped_index_of_other_files_is_not_used(root: Path, cache: Path) -> None:
    index_files.prebuild(root)
    (root / "stairs.md").write_text("# Stairs\n\nStairs are swept daily.")
    found = index_files.current_index(root, cache)
    assert found.parent == cache
    assert index.names(found) == ["lifts.md", "stairs.md"]


def test_a_shipped_index_is_held_against_the_contents_where_these_can_change(
    root: Path, cache: Path
) -> None:
    index_files.prebuild(root)
    assert index_files.current_index(root, cache) == root / index_files.PREBUILT
    (root / "lifts.md").write_text("# Lifts\n\nLifts are inspected in Jun.")
    found = index_files.current_index(root, cache)
    assert found.parent == cache


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + bytes(500)])
@pytest.mark.usefixtures("read_only")
def test_a_shipped_index_that_is_damaged_is_not_used(
    root: Path, cache: Path, content: bytes
) -> None:
    (root / index_files.PREBUILT).write_bytes(content)
    assert index.names(index_files.current_index(root, cache)) == ["lifts.md"]


@pytest.mark.usefixtures("read_only")
def test_a_shipped_index_of_another_layout_is_not_used(root: Path, cache: Path) -> None:
    index_files.prebuild(root)
    db = sqlite3.connect(root / index_files.PREBUILT)
    db.execute("PRAGMA user_version = 1")
    db.close()
    assert index_files.current_index(root, cache).parent == cache


def test_building_that_fails_leaves_nothing_behind(
    root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(db: sqlite3.Connection, found: building.IndexedFile) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(building, "_add", fail)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        index_files.current_index(root, cache)
    assert list(cache.iterdir()) == []


async def test_where_no_index_can_be_written_the_documents_are_not_available(
    root: Path, tmp_path: Path
) -> None:
    with pytest.raises(Unavailable, match="cannot be read") as error:
        await Folder(root, cache=tmp_path / "absent").search("lifts")
    assert error.value.code == "no_documents"


async def test_a_folder_without_documents_is_searched_like_any_other(cache: Path) -> None:
    assert await Folder(cache, cache=cache).search("anything") == []
    assert await Folder(cache / "absent", cache=cache).search("anything") == []
