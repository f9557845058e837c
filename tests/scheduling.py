"""How pytest-xdist distributes the tests over its processes, and in which order."""

from collections import Counter
from collections.abc import Sequence

import pytest
from xdist.scheduler import LoadScopeScheduling

FOLDERS_IN_ONE_PROCESS = ("tests/clients/", "tests/store/")
"""Folders whose files share a fixture that is slow to start: a running stack, DynamoDB Local."""
SLOW = ("tests/chaos/", "tests/architecture/test_template.py", "tests/clients/", "tests/browser/")
"""Tests that take long: they start first, so that no process runs them alone at the end."""


def check_ids(items: Sequence[pytest.Item]) -> None:
    """Raises ValueError where two tests share an id: pytest-xdist runs only one of them."""
    ids = Counter(item.nodeid for item in items)
    if duplicates := [nodeid for nodeid, count in ids.items() if count > 1]:
        raise ValueError(f"Several tests have one id: {', '.join(duplicates)}")


def in_order(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The `SLOW` tests first, and the rest in their order."""

    def priority(item: pytest.Item) -> int:
        found = (n for n, start in enumerate(SLOW) if item.nodeid.startswith(start))
        return next(found, len(SLOW))

    return sorted(items, key=priority)


class FolderOrFileScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Sends the tests of a file, or of a folder of `FOLDERS_IN_ONE_PROCESS`, to one process."""

    def _split_scope(self, nodeid: str) -> str:
        folder = next((name for name in FOLDERS_IN_ONE_PROCESS if nodeid.startswith(name)), None)
        return folder or nodeid.partition("::")[0]
