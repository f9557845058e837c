"""Files of JSON, one value a line, with errors that name the line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Read = TypeVar("Read")


class JsonLinesError(ValueError):
    """The file does not hold what it should; the message names the line."""


def read(path: Path, parse: Callable[[Any], Read | None], expected: str = "") -> list[Read]:
    """What `parse` makes of each line that is not blank; None leaves the line out.

    Args:
        expected: The fields of a line, for the error; without, the error says what `parse` did.

    Raises:
        JsonLinesError: A line is no JSON, or `parse` raised ValueError, TypeError, KeyError or
            AttributeError.
        OSError: The file cannot be read.
    """
    found: list[Read] = []
    # A text in JSON may hold what `splitlines` takes for the end of a line.
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = parse(json.loads(line))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            problem = f"it must be JSON with {expected} ({error!r})" if expected else error
            raise JsonLinesError(f"{path}, line {number}: {problem}") from None
        if value is not None:
            found.append(value)
    return found
