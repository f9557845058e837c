"""Tables that outlive the process: written to a folder as they change, read when they are made."""

import base64
import json
import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from waypost_local.aws.account import ACCOUNT_ID, REGION

_WRITES = frozenset(
    ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems", "DeleteTable")
)
_PAUSE = 2.0
"""Seconds between two saves, at least; more where a save takes long."""
_PAUSES_PER_SAVE = 20


class TableArchive:
    """moto's WSGI app, and its DynamoDB tables in `folder`: one file each, a line an item.

    Calls must come one at a time, under `lock`.
    """

    def __init__(self, app: Any, folder: Path, lock: threading.Lock) -> None:
        self._app = app
        self._folder = folder
        self._lock = lock
        self._changed = False

    def __call__(self, environ: Any, start_response: Any) -> Any:
        operation = environ.get("HTTP_X_AMZ_TARGET", "").partition(".")[2]
        response = self._app(environ, start_response)
        if operation == "CreateTable":
            self._load_all()
        self._changed = self._changed or operation in _WRITES
        return response

    def save_forever(self) -> None:
        """Saves what has changed, again and again; for a thread of its own."""
        pause = _PAUSE
        while True:
            time.sleep(pause)
            began = time.monotonic()
            self.save()
            pause = max(_PAUSE, _PAUSES_PER_SAVE * (time.monotonic() - began))

    def save(self) -> None:
        """Writes every table that there is; a file is whole or as it was before."""
        with self._lock:
            if not self._changed:
                return
            self._changed = False
            tables = {name: list(_items(table)) for name, table in _tables().items()}
        for name, items in tables.items():
            new = self._file(name).with_suffix(".new")
            with new.open("w", encoding="utf-8") as file:
                file.writelines(f"{_line(item)}\n" for item in items)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._file(name))

    def _load_all(self) -> None:
        for name, table in _tables().items():
            if not table.all_items() and self._file(name).is_file():
                with self._file(name).open(encoding="utf-8") as file:
                    for line in file:
                        table.put_item(json.loads(line))

    def _file(self, table: str) -> Path:
        return self._folder / f"{table}.jsonl"


def size(folder: Path) -> int:
    """Bytes of the tables in a folder."""
    return sum(file.stat().st_size for file in folder.glob("*.jsonl"))


def _tables() -> dict[str, Any]:
    from moto.dynamodb.models import dynamodb_backends

    tables: dict[str, Any] = dynamodb_backends[ACCOUNT_ID][REGION].tables
    return tables


def _items(table: Any) -> Iterable[dict[str, Any]]:
    for item in table.all_items():
        yield {name: value.to_regular_json() for name, value in item.attrs.items()}


def _line(item: dict[str, Any]) -> str:
    """As the API has it: binary values are base64."""
    return json.dumps(item, separators=(",", ":"), default=lambda v: base64.b64encode(v).decode())
