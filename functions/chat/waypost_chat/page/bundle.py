"""Bundles a file of the page with all that it imports, when it is served: there is no build step.

The page is written in small modules, but behind a function URL each request is an invocation, and
several at once start as many environments. So a module or a style sheet is served together with
its imports. Only the forms that this folder uses are supported:

    import { a, b } from "./x.js";      import * as x from "./x.js";
    export function, class or const     @import "./x.css";
"""

import re
from pathlib import Path

_IMPORT = re.compile(r'^import (\* as \w+|\{[^}]*\}) from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const) (\w+))", re.MULTILINE)
_CSS_IMPORT = re.compile(r'^@import "\./(\w+\.css)";\n', re.MULTILINE)


def bundle_module(path: Path) -> str:
    """A module without imports: what it needs comes first, each module in a scope of its own."""
    scopes: dict[str, str] = {}
    text = _resolve_imports(path, scopes)
    return "".join(scopes.values()) + text


def bundle_style_sheet(path: Path) -> str:
    text = path.read_text("utf-8")
    return _CSS_IMPORT.sub(lambda match: bundle_style_sheet(path.parent / match[1]), text)


def _resolve_imports(path: Path, scopes: dict[str, str]) -> str:
    """The module with constants in place of its imports; adds the imported modules to `scopes`."""
    text = path.read_text("utf-8")
    for _, name in _IMPORT.findall(text):
        if name not in scopes:
            scope = _scope(name, _resolve_imports(path.parent / f"{name}.js", scopes))
            scopes[name] = scope
    return _IMPORT.sub(lambda match: f"const {_binding(match[1])} = ${match[2]};\n", text)


def _scope(name: str, text: str) -> str:
    exported = ", ".join(_EXPORT.findall(text))
    return f"const ${name} = (() => {{\n{_EXPORT.sub('', text)}return {{ {exported} }};\n}})();\n"


def _binding(imported: str) -> str:
    return imported.removeprefix("* as ")
