"""`waypost-local index`: what it prints of a folder."""

import tempfile
from pathlib import Path

import pytest

from waypost.knowledge import index_files
from waypost_local import cli


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "keys.md").write_text("# Keys\n\nIn the drawer.\n\n## Spare keys\n\nAt the desk.")
    (folder / "gäste.txt").write_bytes("Gäste grüßen die Wirtin.".encode("cp1252"))
    (folder / "empty.md").write_text("# Nothing yet\n")
    (folder / "photo.txt").write_bytes(bytes(range(256)) * 4)
    (folder / "gone.md").symlink_to(tmp_path / "nowhere")
    return folder


def test_the_report_says_what_is_indexed_and_what_is_not(
    root: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["index", str(root)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["Files", "3"],
        ["Passages", "3"],
        ["Characters", "50"],
    ]
    assert lines[3].startswith("Seconds")
    assert lines[4:] == [
        "Left out (2)",
        "  gone.md: No such file or directory",
        "  photo.txt: it is no text in a known encoding",
        "Without text (1)",
        "  empty.md",
        "Not in UTF-8 (1)",
        "  gäste.txt: cp1252",
    ]


def test_the_stack_finds_the_index_that_the_report_made(root: Path, cache: Path) -> None:
    cli.main(["index", str(root)])
    [built] = cache.iterdir()
    assert index_files.current_index(root, cache) == built


def test_no_progress_is_shown_outside_of_a_terminal(
    root: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["index", str(root)])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", [["index"], ["eval-documents", "questions.jsonl"]])
def test_a_folder_that_does_not_exist_is_a_wrong_argument(
    tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*command, str(tmp_path / "absent")]) == 2
    assert "there is no folder" in capsys.readouterr().err


def test_an_index_that_cannot_be_written_is_said(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(root / "absent"))
    assert cli.main(["index", str(root)]) == 2
    assert "the index cannot be written" in capsys.readouterr().err
