"""A file of the page with all that it imports, as one file.

The page is written in small modules, but behind a function URL each request is an invocation,
and several at once start as many environments. So a module or a style sheet is served together
with its imports. It knows the forms that this folder uses, and no others:

    import { a, b } from "./x.js";      import * as x from "./x.js";
    export function, class or const     @import "./x.css";
"""

import re
from pathlib import Path

_IMPORT = re.compile(r'^import (\* as \w+|\{[^}]*\}) from "\./([\w.]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const) (\w+))", re.MULTILINE)
_STYLE = re.compile(r'^@import "\./([\w.]+\.css)";\n', re.MULTILINE)


def module(path: Path) -> str:
    """A module that imports nothing: what it needs stands before it, each file in its own scope."""
    before: dict[str, str] = {}
    text = _resolved(path, before)
    return "".join(before.values()) + text


def style(path: Path) -> str:
    return _STYLE.sub(lambda found: style(path.parent / found[1]), path.read_text("utf-8"))


def _resolved(path: Path, before: dict[str, str]) -> str:
    """The module with constants for its imports; `before` gains the files that those come from."""
    text = path.read_text("utf-8")
    for _, name in _IMPORT.findall(text):
        if name not in before:
            scoped = _scoped(name, _resolved(path.parent / f"{name}.js", before))
            before[name] = scoped
    return _IMPORT.sub(lambda found: f"const {_names(found[1])} = ${found[2]};\n", text)


def _scoped(name: str, text: str) -> str:
    exported = ", ".join(_EXPORT.findall(text))
    return f"const ${name} = (() => {{\n{_EXPORT.sub('', text)}return {{ {exported} }};\n}})();\n"


def _names(imported: str) -> str:
    return imported.removeprefix("* as ")
