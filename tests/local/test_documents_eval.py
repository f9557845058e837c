"""`waypost-local eval-documents`: the table, and files that are no questions."""

from pathlib import Path

import pytest

from waypost_local import cli


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "keys.md").write_text("# Keys\n\nSpare keys lie in the drawer.")
    (folder / "dogs.md").write_text("# Dogs\n\nDogs wait outside.")
    return folder


def questions(tmp_path: Path, *lines: str) -> str:
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(lines))
    return str(path)


def test_the_table_has_a_row_for_each_kind(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = questions(
        tmp_path,
        '{"question": "Where are the keys?", "text": "in the drawer", "kind": "plain"}',
        '{"question": "drawwer", "text": "in the drawer", "document": "keys.md", "kind": "typo"}',
        '{"question": "Hunde", "text": "outside", "kind": "other language"}',
        "",
        '{"question": "How many keys?", "route": "data", "expect": ["5"]}',
    )
    assert cli.main(["eval-documents", file, str(root)]) == 0
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()[1:]]
    assert rows == [
        "kind questions recall@5 recall@8 recall@5 recall@8",
        "plain 1 100% 100% 100% 100%",
        "typo 1 0% 0% 100% 100%",
        "other language 1 0% 0% 0% 0%",
        "total of English 2 50% 50% 100% 100%",
        "not found: Hunde",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "keys",
        "[]",
        '{"question": "Where?"}',
        '{"question": "Where?", "expect": "here"}',
        '{"question": "How many?", "route": "data", "expect": ["5"]}',
    ],
)
def test_a_file_without_questions_is_a_wrong_argument(
    root: Path, tmp_path: Path, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["eval-documents", questions(tmp_path, line), str(root)]) == 2
    assert "questions.jsonl" in capsys.readouterr().err
