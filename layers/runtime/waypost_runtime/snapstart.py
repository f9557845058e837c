"""Hooks around a SnapStart snapshot.

The managed runtime carries `snapshot_restore_py`, in which a function registers them:
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

import importlib
from collections.abc import Callable
from typing import Any

Hook = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


def before_snapshot() -> None:
    """Runs the hooks, the last registered first."""
    for hook, args, kwargs in reversed(_registered("get_before_snapshot")):
        hook(*args, **kwargs)


def after_restore() -> None:
    """Runs the hooks in the order in which they were registered."""
    for hook, args, kwargs in _registered("get_after_restore"):
        hook(*args, **kwargs)


def _registered(name: str) -> list[Hook]:
    try:
        registry = importlib.import_module("snapshot_restore_py")
    except ImportError:
        return []
    return list(getattr(registry, name)())
