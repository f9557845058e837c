"""Who may import whom, and what must not be on the hot path."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "waypost_runtime": ROOT / "layers/runtime/waypost_runtime",
    "waypost": ROOT / "layers/core/waypost",
    "waypost_batch": ROOT / "functions/batch/waypost_batch",
    "waypost_chat": ROOT / "functions/chat/waypost_chat",
    "waypost_worker": ROOT / "functions/worker/waypost_worker",
    "waypost_local": ROOT / "local/waypost_local",
}
MAY_IMPORT = {
    "waypost_runtime": set(),
    "waypost": set(),
    "waypost_batch": {"waypost"},
    "waypost_chat": {"waypost"},
    "waypost_worker": {"waypost"},
    "waypost_local": {"waypost", "waypost_runtime", "waypost_chat"},
}
SHARED_MODULES = {
    "events",
    "records",
    "identity",
    "errors",
    "ids",
    "settings",
    "json_values",
    "aws",
}
ROOMS = {
    "store": SHARED_MODULES,
    "models": SHARED_MODULES,
    "knowledge": SHARED_MODULES,
    "warehouse": SHARED_MODULES,
    "agents": SHARED_MODULES | {"models", "knowledge", "warehouse"},
    "routing": SHARED_MODULES | {"models", "agents"},
    "registry": SHARED_MODULES | {"store", "agents"},
    "runs": SHARED_MODULES
    | {"store", "models", "knowledge", "warehouse", "agents", "routing", "registry"},
    "batches": SHARED_MODULES | {"store", "agents", "runs"},
    "runnables": set(),
}
LOCAL_ROOMS = {
    "aws": {"errors", "child_server"},
    "demo_mcp": {"child_server"},
    "lambda_": {"errors", "aws"},
    "bedrock": {"sockets"},
    "demo_model": {"bedrock"},
    "stack": {"errors", "sockets", "aws", "lambda_", "bedrock", "demo_model", "demo_mcp"},
    "terminal": set(),
}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_only_those_below_them(package: str) -> None:
    others = set(PACKAGES) - {package} - MAY_IMPORT[package]
    for path in PACKAGES[package].rglob("*.py"):
        found = {name.partition(".")[0] for name in imported(path)}
        assert not found & others, path


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_of_the_core_import_only_those_below_them(room: str) -> None:
    for path in (PACKAGES["waypost"] / room).rglob("*.py"):
        ours = {name.split(".")[1] for name in imported(path) if name.startswith("waypost.")}
        assert ours <= ROOMS[room] | {room}, path


@pytest.mark.parametrize("room", LOCAL_ROOMS)
def test_rooms_of_the_local_stack_import_only_those_below_them(room: str) -> None:
    paths = list((PACKAGES["waypost_local"] / room).rglob("*.py"))
    assert paths
    for path in paths:
        names = [name for name in imported(path) if name.startswith("waypost_local.")]
        assert {name.split(".")[1] for name in names} <= LOCAL_ROOMS[room] | {room}, path


def test_every_room_of_the_local_stack_has_its_rule() -> None:
    """Only the command line, which no room may import, stands outside of them."""
    inside = {path.name for path in PACKAGES["waypost_local"].iterdir() if path.is_dir()}
    assert inside - {"__pycache__"} == set(LOCAL_ROOMS)


def test_the_core_knows_no_http() -> None:
    for path in PACKAGES["waypost"].rglob("*.py"):
        found = {name.partition(".")[0] for name in imported(path)}
        assert not found & {"fastapi", "starlette", "httpx"}, path


def test_only_one_module_imports_langchain() -> None:
    importers = {
        path.relative_to(PACKAGES["waypost"]).as_posix()
        for path in PACKAGES["waypost"].rglob("*.py")
        if any(name.startswith("langchain") for name in imported(path))
    }
    assert importers == {"models/langchain.py", "runnables/research.py"}


def test_importing_the_chat_app_loads_no_large_package() -> None:
    large = [
        "langchain_core",
        "langchain_aws",
        "langgraph",
        "langsmith",
        "numpy",
        "sqlglot",
        "mangum",
        "markdown_it",
        "charset_normalizer",
        "cryptography",
        "jwt",
    ]
    code = f"import sys, waypost_chat.app; print([m for m in {large} if m in sys.modules])"
    env = {**os.environ, "WAYPOST_TABLE": "t", "WAYPOST_MODEL": "m", "WAYPOST_AGENTS": "agents"}
    loaded = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"
