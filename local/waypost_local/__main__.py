"""`python -m waypost_local`: the stack on this machine."""

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from waypost_local.failure import CommandError

ROOT = Path(__file__).parents[2]
_MODELS = "builtin, openai:<model>@<base url>, bedrock or bedrock:<model id>"


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        code: int = options.command(options)
    except CommandError as error:
        sys.stderr.write(f"waypost: {error}\n")
        return 2
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="waypost-local", description="The stack of template.yaml on this machine."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="start the stack and serve its function URL")
    _stack_options(run)
    run.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    run.add_argument("--port", type=int, default=8080, help="the port to listen on, 0 for any")
    run.add_argument(
        "--environments", type=int, default=10, metavar="N", help="how many may run at once (10)"
    )
    run.add_argument("--reload", action="store_true", help="start afresh when code changes")
    run.add_argument("--pace", action="store_true", help="as AWS: 6 MB at once, then 2 MB a second")
    run.set_defaults(command=_run)
    invoke = commands.add_parser("invoke", help="run one event through Lambda's own emulator")
    _stack_options(invoke)
    invoke.add_argument("event", type=Path, help="a JSON file such as events/health.json")
    invoke.set_defaults(command=_invoke)
    questions = commands.add_parser("questions", help="ask a running stack a file of questions")
    questions.add_argument("file", type=Path, help="JSON lines: question, route, expect")
    questions.add_argument("--url", default="http://127.0.0.1:8080", help="where the stack is")
    questions.add_argument(
        "--at-least", type=int, metavar="N", help="how many must be right (default: all)"
    )
    questions.set_defaults(command=_questions)
    size = commands.add_parser("size", help="print how large a build is")
    size.add_argument("build", type=Path, help="the folder that sam build made")
    size.set_defaults(command=_size)
    return parser


def _stack_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--template", type=Path, default=ROOT / "template.yaml", metavar="FILE")
    parser.add_argument("--model", default="builtin", help=f"{_MODELS} (default: builtin)")
    parser.add_argument("--database", type=Path, metavar="FILE", help="an SQLite database to ask")
    parser.add_argument("--documents", type=Path, metavar="FOLDER", help="Markdown and text files")
    parser.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=VALUE", help="of the template"
    )
    parser.add_argument("--python", default=sys.executable, help="the interpreter of functions")
    parser.add_argument("--verbose", action="store_true", help="show what functions log at INFO")


def _run(options: argparse.Namespace) -> int:
    from waypost_local import running

    return _until_stopped(running.run(_options(options), options))


def _invoke(options: argparse.Namespace) -> int:
    from waypost_local import invoke

    return _until_stopped(invoke.run(invoke.read(options.event), _options(options)))


def _questions(options: argparse.Namespace) -> int:
    from waypost.agents import definition
    from waypost_local import questions

    try:
        asked = questions.read(options.file)
    except (OSError, questions.QuestionsError) as error:
        raise CommandError(f"FILE: {error}") from None
    agents = definition.load(ROOT / "agents")
    return questions.run(asked, options.url, agents, options.at_least)


def _size(options: argparse.Namespace) -> int:
    from waypost_local import size

    return size.run(options.build)


def _options(options: argparse.Namespace) -> Any:
    from waypost_local.stack import Options

    pairs = [text.partition("=") for text in options.parameter]
    if bad := next((name for name, equals, _ in pairs if not equals), None):
        raise CommandError(f"--parameter {bad}: it must be NAME=VALUE")
    return Options(
        template=options.template.resolve(),
        model=options.model,
        database=options.database and options.database.resolve(),
        documents=options.documents and options.documents.resolve(),
        parameters={name: value for name, _, value in pairs},
        python=options.python,
        environments=getattr(options, "environments", 1),
        verbose=options.verbose,
    )


def _until_stopped(work: Coroutine[Any, Any, int]) -> int:
    """Runs `work`; the first signal takes everything down, a second one does not wait for that."""

    async def guarded() -> int:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(work)

        def stop() -> None:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
                signal.signal(number, signal.SIG_DFL)
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        with contextlib.suppress(asyncio.CancelledError):
            return await task
        return 0

    return asyncio.run(guarded())


if __name__ == "__main__":
    sys.exit(main())
