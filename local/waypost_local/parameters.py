"""The template's parameters: what was given, and what this machine fills in."""

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from waypost_local.failure import CommandError
from waypost_local.intrinsics import Resolver


def resolve(declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """A value for each declared parameter; lists are lists.

    Raises:
        CommandError: One is unknown, missing, or not allowed.
    """
    if unknown := sorted(set(given) - set(declared)):
        known = ", ".join(declared) or "none"
        raise CommandError(f"there is no parameter {unknown[0]}; there are: {known}")
    return {name: _value(name, about, given.get(name)) for name, about in declared.items()}


def _value(name: str, about: Mapping[str, Any], given: str | None) -> Any:
    value = about.get("Default") if given is None else given
    if value is None:
        raise CommandError(f"parameter {name} has no default: give --parameter {name}=…")
    allowed = [str(option) for option in about.get("AllowedValues", [])]
    if allowed and str(value) not in allowed:
        raise CommandError(f"parameter {name} is one of {', '.join(allowed)}; not {value!r}")
    if about["Type"] == "Number":
        _check_number(name, about, str(value))
    if "List" in about["Type"]:
        return [part.strip() for part in str(value).split(",")]
    return str(value)


def _check_number(name: str, about: Mapping[str, Any], text: str) -> None:
    try:
        number = float(text)
    except ValueError:
        raise CommandError(f"parameter {name} is a number; not {text!r}") from None
    if number < float(about.get("MinValue", "-inf")) or number > float(
        about.get("MaxValue", "inf")
    ):
        raise CommandError(f"parameter {name} is out of its range: {text}")


def check_rules(rules: Mapping[str, Any], resolver: Resolver) -> None:
    """Raises CommandError where the parameters break a rule of the template."""
    for name, rule in rules.items():
        if "RuleCondition" in rule and not resolver.holds(rule["RuleCondition"]):
            continue
        for assertion in rule.get("Assertions") or []:
            if not resolver.holds(assertion["Assert"]):
                raise CommandError(f"{name}: {assertion.get('AssertDescription', 'does not hold')}")


STAND_IN = "waypost.builtin-v1:0"
"""What answers is not the template's model, and costs nothing."""


def of_this_machine(
    root: Path,
    declared: Mapping[str, Any],
    database: Path | None,
    documents: Path | None,
    origins: list[str],
    *,
    bedrock: bool,
) -> dict[str, str]:
    """Values for those parameters of ours that a template declares.

    Args:
        database, documents: The demo company's where there is none.
        origins: Of the page, as a browser may call this machine.
        bedrock: Whether the models of the template answer; otherwise the name says who does.

    Raises:
        CommandError: A file or a folder is not there.
    """
    known: dict[str, Callable[[], str]] = {
        "DefaultIdentity": lambda: "demo/developer/admin",
        "AllowedOrigins": lambda: ",".join(origins),
        "SharedTables": lambda: "*",
        "AgentsPath": lambda: str(_folder(root / "agents")),
        "DocumentsPath": lambda: str(_folder(documents or root / "demo/documents")),
        "DatabasePath": lambda: str(_database(database) if database else _demo_database(root)),
    }
    if not bedrock:
        models = ("ModelId", "RouterModelId", "FallbackModelId")
        known |= {name: (lambda: STAND_IN) for name in models}
    return {name: value() for name, value in known.items() if name in declared}


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
    """The demo company's database, built from its SQL where that is newer."""
    source = _file(root / "demo/company.sql")
    target = root / ".waypost/company.sqlite"
    if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
        return target
    target.parent.mkdir(exist_ok=True)
    new = target.with_suffix(".new")
    new.unlink(missing_ok=True)
    database = sqlite3.connect(new)
    try:
        database.executescript(source.read_text(encoding="utf-8"))
    except sqlite3.Error as error:
        raise CommandError(f"{source}: {error}") from None
    finally:
        database.close()
    return new.replace(target)
