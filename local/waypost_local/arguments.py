"""The arguments of the command line."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from waypost_local.stack.model_backend import DEMO_MODEL

ROOT = Path(__file__).parents[2]
_MODELS = (
    f"{DEMO_MODEL} (rules, no language model: answers from the prompt alone); "
    "openai:<model>@<base url>, such as openai:llama3.2@http://127.0.0.1:11434/v1 for Ollama; "
    "bedrock or bedrock:<model id> with the AWS credentials of the environment"
)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; `command` is the name of the command. Exits with code 2 where they are wrong."""
    parser = argparse.ArgumentParser(
        prog="waypost-local", description="Runs the stack of template.yaml on this machine."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    _add_run(commands)
    _add_invoke(commands)
    _add_questions(commands)
    _add_eval_routing(commands)
    _add_index(commands)
    _add_eval_documents(commands)
    _add_size(commands)
    return parser.parse_args(arguments)


def _add_run(commands: Any) -> None:
    run = _add_command(commands, "run", "start the stack and serve its function URL")
    _add_stack_options(run)
    add = run.add_argument
    add("--host", default="127.0.0.1", help="address to serve on (%(default)s)")
    add("--port", type=int, default=8080, help="port to serve on; 0 for a free one (%(default)s)")
    add(
        "--environments",
        type=_positive_int,
        default=10,
        metavar="N",
        help="execution environments at once; more requests get 429 (%(default)s)",
    )
    add(
        "--concurrency",
        type=_positive_int,
        default=1,
        metavar="N",
        help="requests that one environment takes at once, as Lambda Managed Instances do (1)",
    )
    add(
        "--reload",
        action="store_true",
        help="restart the function when its code, a layer or an agent changes",
    )
    add(
        "--pace",
        action="store_true",
        help="limit responses to Lambda's bandwidth: 6 MB at full speed, then 2 MB/s",
    )
    add(
        "--log-format",
        choices=["text", "json"],
        default="text",
        help="format of the printed lines (%(default)s)",
    )


def _add_invoke(commands: Any) -> None:
    invoke = _add_command(
        commands, "invoke", "run one event through Lambda's runtime interface emulator"
    )
    invoke.add_argument("event", type=Path, help="a JSON file with the event")
    _add_stack_options(invoke)


def _add_questions(commands: Any) -> None:
    questions = _add_command(commands, "questions", "send a file of questions to a running stack")
    add = questions.add_argument
    add("file", type=Path, help="JSON lines of question, route, expect, declined and after")
    add("--url", default="http://127.0.0.1:8080", help="the stack (%(default)s)")
    add("--agents", type=Path, default=ROOT / "agents", help="folder of agents")
    add("--at-least", type=int, metavar="N", help="right answers for exit code 0 (all)")


def _add_eval_routing(commands: Any) -> None:
    command = _add_command(
        commands, "eval-routing", "measure how a file of labelled questions is routed"
    )
    add = command.add_argument
    add("file", type=Path, help="JSON lines of question and route; `none` is for no agent")
    add(
        "--train",
        type=Path,
        metavar="FILE",
        help="what is known before, of the same form (each fifth of the file by the other four)",
    )
    add("--model", default="", help=f"who decides what the words leave open: {_MODELS}")
    add("--model-id", default="us.amazon.nova-micro-v1:0", help="whose prices count (%(default)s)")


def _add_index(commands: Any) -> None:
    command = _add_command(
        commands, "index", "index a folder of documents, and print what is left out and why"
    )
    command.add_argument("documents", type=Path, help="a folder of Markdown and text files")


def _add_eval_documents(commands: Any) -> None:
    command = _add_command(
        commands, "eval-documents", "measure how often a search finds the passage that answers"
    )
    add = command.add_argument
    add("file", type=Path, help="JSON lines of question, and text or expect of the right passage")
    add("documents", type=Path, help="the folder of documents that they are asked of")


def _add_size(commands: Any) -> None:
    size = _add_command(commands, "size", "print the size of what `sam build` made")
    size.add_argument("build", type=Path, nargs="?", default=Path(".aws-sam/build"))


def _add_stack_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--template",
        type=Path,
        default=ROOT / "template.yaml",
        metavar="FILE",
        help="the stack (template.yaml)",
    )
    add("--model", default=DEMO_MODEL, help=_MODELS)
    add(
        "--first-token",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="delay of a model's first token (%(default)s)",
    )
    add(
        "--token-rate",
        type=float,
        metavar="N",
        help=f"tokens a second after that, 0 for no limit (80 for {DEMO_MODEL}, else 0)",
    )
    add(
        "--database",
        type=Path,
        metavar="FILE",
        help="SQLite database to question, every table shared (the demo company's)",
    )
    add(
        "--documents",
        type=Path,
        metavar="FOLDER",
        help="Markdown and text files to question (the demo company's)",
    )
    add(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="where threads are kept over a restart (without it they are gone when it stops)",
    )
    add(
        "--parameter",
        type=_key_value,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a parameter of the template; may be repeated",
    )
    add(
        "--python",
        default=sys.executable,
        metavar="PATH",
        help="interpreter of the functions (this one)",
    )
    add(
        "--verbose",
        action="store_true",
        help="show all that the functions log, not only warnings and errors",
    )


def _add_command(commands: Any, name: str, summary: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=f"{summary[0].upper()}{summary[1:]}."
    )
    return parser


def _key_value(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


def _positive_int(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)
