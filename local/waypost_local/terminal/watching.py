"""A batch while it runs: a bar, the rate, what it has cost, and errors as they come."""

import time
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from waypost_local.terminal.client import WaypostClient

_LOOK_SECONDS = 1.0
_OVER = ("completed", "cancelled", "failed")


def watch(client: WaypostClient, console: Console, batch_id: str) -> dict[str, Any]:
    """The batch once it is over."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[cost]}"),
        TextColumn("{task.fields[left]}"),
        TimeElapsedColumn(),
    )
    shown: set[int] = set()
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("splitting", total=None, rate="", cost="", left="")
        while True:
            batch = client.get(f"/v1/batches/{batch_id}")
            for error in batch["errors"]:
                if error["line"] not in shown:
                    shown.add(error["line"])
                    progress.console.print(f"[red]line {error['line']}[/]: {_error(error)}")
            progress.update(
                task,
                description=batch["state"],
                total=batch["total"],
                completed=batch["counts"]["done"],
                rate=f"{batch['questions_per_second']:.1f}/s",
                cost=f"${batch['cost_usd']:.4f}",
                left=_left(batch["seconds_left"]),
            )
            if batch["state"] in _OVER:
                return batch
            time.sleep(_LOOK_SECONDS)


def table_of(batch: dict[str, Any]) -> str:
    """Counts in a line."""
    counts = {name: n for name, n in batch["counts"].items() if n and "tokens" not in name}
    listed = ", ".join(f"{n} {name}" for name, n in counts.items() if name != "done")
    return f"{batch['id']}: {batch['state']}, {listed or 'nothing yet'}, ${batch['cost_usd']:.4f}"


def _error(error: dict[str, Any]) -> str:
    return f"{error['state']}, {error.get('message') or error['reason']}"


def _left(seconds: int | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}:{rest:02d} left"
