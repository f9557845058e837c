"""The command line: `run`, `invoke`, `questions`, `size`."""

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from waypost_local import bedrock, logs, stack
from waypost_local.failure import CommandError
from waypost_local.stack import Setup

ROOT = Path(__file__).parents[2]
_MODELS = (
    "builtin (deterministic, works from the prompt alone); openai:<model>@<base url>, such as "
    "openai:llama3.2@http://127.0.0.1:11434/v1 for Ollama; bedrock or bedrock:<model id> with "
    "the AWS credentials of the environment"
)


def main(arguments: Sequence[str]) -> int:
    """The exit code: 2 where something that was typed or is missing keeps it from running."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.command(options)
    except CommandError as error:
        sys.stderr.write(f"waypost-local: {error}\n")
        return 2
    return code


def _run(options: argparse.Namespace) -> int:
    setup = _setup(options)
    log = logs.Log(logs.to_stdout, options.log_format, verbose=options.verbose)
    listening = stack.listen(options.host, options.port)
    with listening:
        asyncio.run(
            _until_stopped(
                stack.run(
                    setup,
                    listening,
                    log,
                    lambda url: logs.to_stdout(f"Waypost is ready at {url}"),
                    environments=options.environments,
                    paced=options.pace,
                    watched=options.reload,
                )
            )
        )
    return 0


def _invoke(options: argparse.Namespace) -> int:
    from waypost_local import invoke

    setup = _setup(options)
    log = logs.Log(lambda line: _write(sys.stderr, line), verbose=options.verbose)
    result = asyncio.run(_until_stopped(invoke.invoke(setup, options.event, log)))
    if result is None:
        return 130
    _write(sys.stdout, result.text)
    return 1 if result.failed else 0


def _questions(options: argparse.Namespace) -> int:
    from waypost.agents import definition
    from waypost_local import questions

    try:
        asked = questions.read(options.file)
    except (OSError, questions.QuestionsError) as error:
        raise CommandError(str(error)) from None
    agents = definition.load(options.agents)
    return questions.run(asked, options.url, agents, options.at_least)


def _size(options: argparse.Namespace) -> int:
    from waypost_local import size

    return size.run(options.build)


async def _until_stopped(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of `work`, or None after Ctrl-C or SIGTERM; a second one ends us at once."""
    task = asyncio.ensure_future(work)

    def stop() -> None:
        if task.cancelling():
            # Every child process ends with this one.
            os._exit(130)
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    with contextlib.suppress(asyncio.CancelledError):
        return await task


def _setup(options: argparse.Namespace) -> Setup:
    python = shutil.which(options.python)
    if python is None:
        raise CommandError(f"there is no interpreter {options.python}")
    return Setup(
        template=options.template.resolve(),
        python=python,
        model=options.model,
        pace=bedrock.Pace(options.first_token, _token_rate(options)),
        database=options.database,
        documents=options.documents,
        given=dict(options.parameter),
    )


def _token_rate(options: argparse.Namespace) -> float:
    """What was asked for; the built-in model would else be done before anybody saw it begin."""
    if options.token_rate is not None:
        return float(options.token_rate)
    return 80.0 if options.model == "builtin" else 0.0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="waypost-local", description="The stack of template.yaml on this machine."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands)
    _add_invoke(commands)
    _add_questions(commands)
    _add_size(commands)
    return parser


def _add_run(commands: Any) -> None:
    run = _add(commands, "run", _run, "start the stack and serve its function URL")
    _add_stack(run)
    add = run.add_argument
    add("--host", default="127.0.0.1", help="address to serve on (%(default)s)")
    add("--port", type=int, default=8080, help="port to serve on; 0 for a free one (%(default)s)")
    add("--environments", type=_positive, default=10, metavar="N",
        help="how many may run at once; more requests get 429 (%(default)s)")  # fmt: skip
    add("--reload", action="store_true",
        help="start the function anew when its code, a layer or an agent changes")  # fmt: skip
    add("--pace", action="store_true",
        help="stream as slowly as Lambda: 6 MB at full speed, then 2 MB/s")  # fmt: skip
    add("--log-format", choices=["text", "json"], default="text",
        help="form of the lines that are printed (%(default)s)")  # fmt: skip


def _add_invoke(commands: Any) -> None:
    invoke = _add(commands, "invoke", _invoke,
                  "run one event through Lambda's runtime interface emulator")  # fmt: skip
    invoke.add_argument("event", type=Path, help="a JSON file with the event")
    _add_stack(invoke)


def _add_questions(commands: Any) -> None:
    ask = _add(commands, "questions", _questions, "ask a running stack a file of questions")
    ask.add_argument("file", type=Path, help="JSON lines of question, route and expect")
    ask.add_argument("--url", default="http://127.0.0.1:8080", help="the stack (%(default)s)")
    ask.add_argument("--agents", type=Path, default=ROOT / "agents", help="folder of agents")
    ask.add_argument(
        "--at-least", type=int, metavar="N", help="right answers for exit code 0 (all)"
    )


def _add_size(commands: Any) -> None:
    size = _add(commands, "size", _size, "how large what `sam build` made is")
    size.add_argument("build", type=Path, nargs="?", default=Path(".aws-sam/build"))


def _add_stack(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--template", type=Path, default=ROOT / "template.yaml", metavar="FILE",
        help="the stack (template.yaml)")  # fmt: skip
    add("--model", default="builtin", help=_MODELS)
    add("--first-token", type=float, default=0.0, metavar="SECONDS",
        help="how long a model waits before its first token (%(default)s)")  # fmt: skip
    add("--token-rate", type=float, metavar="N",
        help="tokens a second after that, 0 for no limit (80 for builtin, else 0)")  # fmt: skip
    add("--database", type=Path, metavar="FILE",
        help="SQLite database to ask, every table shared (the demo company's)")  # fmt: skip
    add("--documents", type=Path, metavar="FOLDER",
        help="Markdown and text files to ask (the demo company's)")  # fmt: skip
    add("--parameter", type=_pair, action="append", default=[], metavar="KEY=VALUE",
        help="a parameter of the template; may be repeated")  # fmt: skip
    add("--python", default=sys.executable, metavar="PATH",
        help="interpreter of the functions (this one)")  # fmt: skip
    add("--verbose", action="store_true",
        help="show everything that the functions log, not only warnings and errors")  # fmt: skip


def _add(commands: Any, name: str, command: Any, about: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=about, description=f"{about[0].upper()}{about[1:]}."
    )
    parser.set_defaults(command=command)
    return parser


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def _write(stream: Any, line: str) -> None:
    stream.write(f"{line}\n")
    stream.flush()
