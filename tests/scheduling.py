"""Which tests one process keeps together where several run at once, and in which order."""

from collections import Counter
from collections.abc import Sequence

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/clients/", "tests/store/")
"""Folders whose files share something dear: a running stack, DynamoDB Local."""
FIRST = ("tests/chaos/", "tests/architecture/test_template.py", "tests/clients/", "tests/browser/")
"""What takes long: nobody should wait for it alone at the end."""


def check_ids(items: Sequence[pytest.Item]) -> None:
    """Raises ValueError where two tests have one id: of those, pytest-xdist runs only one."""
    ids = Counter(item.nodeid for item in items)
    if twice := [nodeid for nodeid, count in ids.items() if count > 1]:
        raise ValueError(f"Several tests have one id: {', '.join(twice)}")


def in_order(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """`FIRST` first, and the rest as it comes."""

    def place(item: pytest.Item) -> int:
        found = (n for n, start in enumerate(FIRST) if item.nodeid.startswith(start))
        return next(found, len(FIRST))

    return sorted(items, key=place)


class FolderOrFile(LoadScopeScheduling):  # type: ignore[misc]
    """A file's tests go to one process, and so does a folder of `TOGETHER`."""

    def _split_scope(self, nodeid: str) -> str:
        folder = next((name for name in TOGETHER if nodeid.startswith(name)), None)
        return folder or nodeid.partition("::")[0]
