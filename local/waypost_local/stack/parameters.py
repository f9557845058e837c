"""The template's parameters: values given, defaults, and those that this machine fills in."""

import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from waypost_local.errors import CommandError
from waypost_local.stack.intrinsics import Resolver


def resolve(declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """A value for each declared parameter; lists are lists.

    Raises:
        CommandError: One is unknown, missing, or not allowed.
    """
    if unknown := sorted(set(given) - set(declared)):
        known = ", ".join(declared) or "none"
        raise CommandError(f"there is no parameter {unknown[0]}; there are: {known}")
    return {name: _value(name, about, given.get(name)) for name, about in declared.items()}


def _value(name: str, declaration: Mapping[str, Any], value: str | None) -> Any:
    value = declaration.get("Default") if value is None else value
    if value is None:
        raise CommandError(f"parameter {name} has no default: give --parameter {name}=…")
    allowed = [str(option) for option in declaration.get("AllowedValues", [])]
    if allowed and str(value) not in allowed:
        raise CommandError(f"parameter {name} is one of {', '.join(allowed)}; not {value!r}")
    if declaration["Type"] == "Number":
        _check_number(name, declaration, str(value))
    if "List" in declaration["Type"]:
        return [part.strip() for part in str(value).split(",")]
    return str(value)


def _check_number(name: str, declaration: Mapping[str, Any], text: str) -> None:
    try:
        number = float(text)
    except ValueError:
        raise CommandError(f"parameter {name} is a number; not {text!r}") from None
    minimum = float(declaration.get("MinValue", "-inf"))
    maximum = float(declaration.get("MaxValue", "inf"))
    if number < minimum or number > maximum:
        raise CommandError(f"parameter {name} is out of its range: {text}")


def check_rules(rules: Mapping[str, Any], resolver: Resolver) -> None:
    """Raises CommandError where the parameters break a rule of the template."""
    for name, rule in rules.items():
        if "RuleCondition" in rule and not resolver.holds(rule["RuleCondition"]):
            continue
        for assertion in rule.get("Assertions") or []:
            if not resolver.holds(assertion["Assert"]):
                raise CommandError(f"{name}: {assertion.get('AssertDescription', 'does not hold')}")


LOCAL_MODEL_ID = "waypost.builtin-v1:0"
"""For every model that is not on Bedrock. Its price is 0."""


_SAID_MODELS = (
    "openai/gpt-4.1",
    "openai/gpt-4.1-mini",
    "openai/gpt-4o",
    "anthropic/claude-sonnet-4",
)
"""Models that requests of other systems name: the one model of this machine answers for each."""


def local_values(
    root: Path,
    declared: Mapping[str, Any],
    database: Path | None,
    documents: Path | None,
    origins: list[str],
    mcp_servers: Mapping[str, str],
    *,
    bedrock: bool,
) -> dict[str, str]:
    """Values for the parameters of Waypost's template, as far as it declares them.

    Args:
        database, documents: The demo company's where None.
        origins: The origins of the page in a browser on this machine.
        mcp_servers: Addresses of MCP servers on this machine, by name.
        bedrock: Keeps the template's model ids, as Bedrock answers.

    Raises:
        CommandError: A file or a folder does not exist.
    """
    values: dict[str, Callable[[], str]] = {
        "Identity": lambda: "development",
        "DefaultIdentity": lambda: "demo/developer/admin",
        "EventIdentity": lambda: "demo/developer",
        "AllowedOrigins": lambda: ",".join(origins),
        "SharedTables": lambda: "*",
        "McpServers": lambda: ",".join(f"{name}={url}" for name, url in mcp_servers.items()),
        "AgentsPath": lambda: str(_folder(root / "agents")),
        "DocumentsPath": lambda: str(_folder(documents or root / "demo/documents")),
        "DatabasePath": lambda: str(_database(database) if database else _demo_database(root)),
    }
    if not bedrock:
        models = ("ModelId", "RouterModelId", "FallbackModelId")
        values |= {name: (lambda: LOCAL_MODEL_ID) for name in models}
        values["ModelNames"] = lambda: ",".join(f"{name}={LOCAL_MODEL_ID}" for name in _SAID_MODELS)
    return {name: value() for name, value in values.items() if name in declared}


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise CommandError(f"there is no folder {path}")
    return path.resolve()


def _file(path: Path) -> Path:
    if not path.is_file():
        raise CommandError(f"there is no file {path}")
    return path.resolve()


def _database(path: Path) -> Path:
    with _file(path).open("rb") as file:
        if file.read(16) != b"SQLite format 3\0":
            raise CommandError(f"{path} is not an SQLite database")
    return path.resolve()


def _demo_database(root: Path) -> Path:
    """The demo company's database, built anew where its SQL is newer."""
    source = _file(root / "demo/company.sql")
    target = root / ".waypost/company.sqlite"
    if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
        return target
    target.parent.mkdir(exist_ok=True)
    # In a folder of its own: another stack may build the same database at the same time.
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        new = Path(folder) / target.name
        database = sqlite3.connect(new)
        try:
            database.executescript(source.read_text(encoding="utf-8"))
        except sqlite3.Error as error:
            raise CommandError(f"{source}: {error}") from None
        finally:
            database.close()
        return new.replace(target)
