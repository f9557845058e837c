"""Class names are unique, and the formatter decides how code looks."""

import ast
from collections import defaultdict
from pathlib import Path

from tests.architecture.test_imports import PACKAGES

SOURCES = sorted(path for root in PACKAGES.values() for path in root.rglob("*.py"))


def test_a_class_name_is_unique_in_the_repository() -> None:
    paths: dict[str, list[Path]] = defaultdict(list)
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                paths[node.name].append(path)
    assert len(paths) > 400
    assert {name: found for name, found in paths.items() if len(found) > 1} == {}


def test_the_formatter_decides_how_all_code_looks() -> None:
    assert [path for path in SOURCES if "fmt: skip" in path.read_text()] == []
    assert [path for path in SOURCES if "fmt: off" in path.read_text()] == []


def test_every_package_has_py_typed() -> None:
    assert all((root / "py.typed").exists() for root in PACKAGES.values())
