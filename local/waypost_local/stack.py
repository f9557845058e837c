"""The whole stack, put together and taken down again."""

import asyncio
import errno
import logging
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from waypost_local import bedrock, resources, template
from waypost_local.environment import InitFailed, Output
from waypost_local.failure import CommandError
from waypost_local.front import Front, Record
from waypost_local.pool import Pool
from waypost_local.template import Stack

BUILTIN_MODEL = "waypost.builtin-v1:0"


@dataclass(frozen=True)
class Options:
    """What `run` and `invoke` were asked for. Paths are absolute."""

    template: Path
    model: str = "builtin"
    database: Path | None = None
    documents: Path | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    python: str = "python3"
    environments: int = 10
    verbose: bool = False

    @property
    def root(self) -> Path:
        return self.template.parent


@dataclass(frozen=True)
class Cloud:
    """AWS's side of every wire: the stack as resolved, and what a function is told of it."""

    stack: Stack
    variables: Mapping[str, str]


@asynccontextmanager
async def cloud(options: Options) -> AsyncIterator[Cloud]:
    """moto with the template's resources, and a Bedrock. Raises CommandError."""
    python = shutil.which(options.python)
    if python is None:
        raise CommandError(f"there is no interpreter {options.python}: name one with --python")
    parameters = await asyncio.to_thread(parameters_for, options)
    try:
        model = bedrock.backend(options.model)
    except ValueError as error:
        raise CommandError(str(error)) from None
    server = await asyncio.to_thread(_moto)
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        stack = await asyncio.to_thread(template.load, options.template, parameters, endpoint)
        await asyncio.to_thread(resources.create, stack, endpoint)
        async with bedrock.serving(bedrock.app(model)) as models:
            yield Cloud(stack, _variables(endpoint, models.url, options))
    finally:
        await asyncio.to_thread(server.stop)


@asynccontextmanager
async def pool(options: Options, aws: Cloud, output: Output) -> AsyncIterator[Pool]:
    """The function behind the URL, with one environment started. Raises CommandError."""
    function = next((f for f in aws.stack.functions if f.url), None)
    if function is None:
        raise CommandError(f"{options.template}: no function has a FunctionUrlConfig")
    python = shutil.which(options.python) or options.python
    made = Pool(function, python, aws.variables, options.environments, output)
    try:
        await made.warm()
        yield made
    except InitFailed as error:
        raise CommandError(str(error)) from None
    finally:
        await made.stop()


@asynccontextmanager
async def url(
    made: Pool, host: str, port: int, log: Callable[[Record], None], *, paced: bool
) -> AsyncIterator[int]:
    """The function URL, listening. Raises CommandError where the port is taken."""
    front = Front(made, log, paced=paced)
    try:
        listening = await front.start(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CommandError(f"port {port} is taken: choose another with PORT=…") from None
        raise CommandError(f"cannot listen on {host}:{port}: {error.strerror}") from None
    try:
        yield listening
    finally:
        front.close()


def parameters_for(options: Options) -> dict[str, str]:
    """The template's parameters on this machine. Raises CommandError where a path is not there."""
    documents = options.documents or options.root / "demo/documents"
    database = options.database or _demo_database(options.root)
    if not documents.is_dir():
        raise CommandError(f"DOCUMENTS: there is no folder {documents}")
    if not database.is_file():
        raise CommandError(f"DATABASE: there is no file {database}")
    if not _is_sqlite(database):
        raise CommandError(f"DATABASE: {database} is not an SQLite database")
    given = {"ModelId": BUILTIN_MODEL, "RouterModelId": BUILTIN_MODEL}
    models = {} if options.model.startswith("bedrock") else given
    declared = {
        "AgentsPath": str(options.root / "agents"),
        "DocumentsPath": str(documents),
        "DatabasePath": str(database),
        "SharedTables": "*",
        "DefaultIdentity": "demo/developer",
        **models,
    }
    return {**declared, **options.parameters}


def _demo_database(root: Path) -> Path:
    """The demo company's database, made of its script where that is newer."""
    script, made = root / "demo/company.sql", root / ".waypost/company.sqlite"
    if not script.exists():
        raise CommandError(f"there is no {script}: name a database with DATABASE=…")
    if made.exists() and made.stat().st_mtime >= script.stat().st_mtime:
        return made
    made.parent.mkdir(parents=True, exist_ok=True)
    fresh = made.with_suffix(f".{os.getpid()}")
    fresh.unlink(missing_ok=True)
    with closing(sqlite3.connect(fresh)) as db:
        db.executescript(script.read_text(encoding="utf-8"))
    fresh.replace(made)
    return made


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def _moto() -> Any:
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    return server


def _variables(endpoint: str, models: str, options: Options) -> dict[str, str]:
    fake = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    return {
        **fake,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": models,
        "AWS_LAMBDA_LOG_LEVEL": "INFO" if options.verbose else "WARNING",
    }
