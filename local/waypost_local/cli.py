"""The command line: a function for each command."""

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from waypost_local import arguments, bedrock
from waypost_local.errors import CommandError
from waypost_local.stack import run
from waypost_local.stack.console import ConsoleLog, to_stdout
from waypost_local.stack.local_aws import StackSettings
from waypost_local.stack.model_backend import DEMO_MODEL


def main(argv: Sequence[str]) -> int:
    """Runs a command. Exit code 2 where an argument is wrong or something is missing."""
    options = arguments.parse(argv)
    try:
        return _COMMANDS[options.command](options)
    except CommandError as error:
        sys.stderr.write(f"waypost-local: {error}\n")
        return 2


def _run(options: argparse.Namespace) -> int:
    settings = _settings(options)
    log = ConsoleLog(to_stdout, options.log_format, verbose=options.verbose)
    with run.listen(options.host, options.port) as listening:
        stack = run.run(
            settings,
            listening,
            log,
            to_stdout,
            max_environments=options.environments,
            concurrency=options.concurrency,
            paced=options.pace,
            reload_on_change=options.reload,
        )
        asyncio.run(_until_interrupted(stack))
    return 0


def _invoke(options: argparse.Namespace) -> int:
    from waypost_local import invoke

    log = ConsoleLog(lambda line: _write(sys.stderr, line), verbose=options.verbose)
    invocation = invoke.invoke(_settings(options), options.event, log)
    result = asyncio.run(_until_interrupted(invocation))
    if result is None:
        return 130
    _write(sys.stdout, result.text)
    return 1 if result.failed else 0


def _questions(options: argparse.Namespace) -> int:
    from waypost.agents import definition
    from waypost_local import questions
    from waypost_local.json_lines import JsonLinesError

    try:
        cases = questions.read(options.file)
    except (OSError, JsonLinesError) as error:
        raise CommandError(str(error)) from None
    agents = definition.load(options.agents)
    return questions.run(cases, options.url, agents, options.at_least)


def _eval_routing(options: argparse.Namespace) -> int:
    from waypost_local import routing_eval
    from waypost_local.stack.model_backend import model_backend

    try:
        questions = routing_eval.read(options.file)
        known = routing_eval.read(options.train) if options.train else []
        model = model_backend(options.model) if options.model else None
    except (OSError, ValueError) as error:
        raise CommandError(str(error)) from None
    routed = routing_eval.by_gate(questions, known)
    if model:
        work = routing_eval.by_model(routed, known, model, options.model_id)
        routed = asyncio.run(_until_interrupted(work)) or routed
    return routing_eval.run(routed)


def _index(options: argparse.Namespace) -> int:
    from waypost_local import index_report

    _require_folder(options.documents)
    try:
        return index_report.run(options.documents)
    except (OSError, sqlite3.Error) as error:
        raise CommandError(f"the index cannot be written: {error}") from None


def _eval_documents(options: argparse.Namespace) -> int:
    from waypost_local import documents_eval

    _require_folder(options.documents)
    try:
        questions = documents_eval.read(options.file)
    except (OSError, ValueError) as error:
        raise CommandError(str(error)) from None
    return documents_eval.run(asyncio.run(documents_eval.searched(questions, options.documents)))


def _require_folder(path: Path) -> None:
    if not path.is_dir():
        raise CommandError(f"there is no folder {path}")


def _size(options: argparse.Namespace) -> int:
    from waypost_local import size

    return size.run(options.build)


async def _until_interrupted(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of `work`. Ctrl-C or SIGTERM cancels it: None. A second one exits at once."""
    task = asyncio.ensure_future(work)

    def stop() -> None:
        if task.cancelling():
            # Every child process exits with this one.
            os._exit(130)
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    with contextlib.suppress(asyncio.CancelledError):
        return await task


def _settings(options: argparse.Namespace) -> StackSettings:
    python = shutil.which(options.python)
    if python is None:
        raise CommandError(f"there is no interpreter {options.python}")
    return StackSettings(
        template=options.template.resolve(),
        python=python,
        model=options.model,
        pace=bedrock.Pace(options.first_token, _token_rate(options)),
        database=options.database,
        documents=options.documents,
        data=options.data,
        parameters=dict(options.parameter),
    )


def _token_rate(options: argparse.Namespace) -> float:
    """By default the demo model is slowed down, so that its answer is seen to stream."""
    if options.token_rate is not None:
        return float(options.token_rate)
    return 80.0 if options.model == DEMO_MODEL else 0.0


_COMMANDS = {
    "run": _run,
    "invoke": _invoke,
    "questions": _questions,
    "eval-routing": _eval_routing,
    "index": _index,
    "eval-documents": _eval_documents,
    "size": _size,
}


def _write(stream: Any, line: str) -> None:
    stream.write(f"{line}\n")
    stream.flush()
