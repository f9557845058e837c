"""`waypost`: asks a question, and sends and follows batches."""

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from waypost_local.terminal.client import RequestRefused, WaypostClient
from waypost_local.terminal.plan import Workload, describe
from waypost_local.terminal.questions_file import json_lines
from waypost_local.terminal.watching import table_of, watch

_PAGE = 1000
_URL = "http://127.0.0.1:8080"


def _remember(context: click.Context, option: click.Parameter, value: str | None) -> None:
    if value:
        context.meta[f"waypost.{option.name}"] = value


def _connection() -> list[click.Parameter]:
    """The options of every command that say which Waypost is asked, and as whom."""
    texts = {
        "url": f"Which Waypost; {_URL} by default.",
        "tenant": "The company; the stack's own by default.",
        "user": "Who asks; the stack's own by default.",
    }
    return [
        click.Option(
            [f"--{name}"],
            envvar=f"WAYPOST_{name.upper()}",
            show_envvar=True,
            help=text,
            expose_value=False,
            callback=_remember,
        )
        for name, text in texts.items()
    ]


def _client(context: click.Context) -> WaypostClient:
    known = {name: context.meta.get(f"waypost.{name}") for name in ("url", "tenant", "user")}
    return WaypostClient(known["url"] or _URL, known["tenant"], known["user"])


class _Asking(click.Command):
    """Asks a Waypost."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _connection()

    def invoke(self, ctx: click.Context) -> Any:
        ctx.obj = _client(ctx)
        return super().invoke(ctx)


class _Commands(click.Group):
    """Shows what was refused in a line."""

    command_class = _Asking

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except RequestRefused as refused:
            raise click.ClickException(str(refused)) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Asks a Waypost: one question, or a file of them."""


@main.command()
@click.argument("question")
@click.option("--agent", help="The agent that answers; the router chooses by default.")
@click.option("--thread", help="A thread to ask in; a new one by default.")
@click.pass_obj
def ask(client: WaypostClient, question: str, agent: str | None, thread: str | None) -> None:
    """Streams the answer to a question."""
    body = {"input": question, **({"agent": agent} if agent else {})}
    path = f"/v1/threads/{thread}/runs" if thread else "/v1/runs"
    answer_texts: set[str] = set()
    thread_id = ""
    with client.stream(path, body) as events:
        for data in events:
            event = json.loads(data)
            thread_id = event.get("thread_id", thread_id)
            if event["type"] == "text.started" and event["channel"] == "final":
                answer_texts.add(event["text_id"])
            elif event["type"] == "text.delta" and event["text_id"] in answer_texts:
                click.echo(event["delta"], nl=False)
            elif event["type"] == "route.decided":
                click.secho(f"[{event['agent']}] ", dim=True, nl=False, err=True)
            elif event["type"] == "run.failed":
                click.echo()
                raise click.ClickException(event["message"])
    click.echo()
    click.secho(f"thread {thread_id}", dim=True, err=True)


@main.group(cls=_Commands)
def batch() -> None:
    """Many questions at once."""


@batch.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--wait", is_flag=True, help="Follow it to its end.")
@click.option("--agent", help="The agent that answers; the router chooses by default.")
@click.option("--model", help="The model that answers.")
@click.option("--budget", type=float, help="US dollars; what is left over is skipped.")
@click.pass_context
def submit(
    context: click.Context,
    file: Path,
    wait: bool,
    agent: str | None,
    model: str | None,
    budget: float | None,
) -> None:
    """Sends a file of questions: JSON lines, or CSV with a column `question`."""
    client: WaypostClient = context.obj
    with json_lines(file) as lines:
        upload_id = client.upload(lines)
    options = {"agent": agent, "model": model, "budget_usd": budget}
    given = {name: value for name, value in options.items() if value is not None}
    sent = client.post("/v1/batches", {"upload_id": upload_id, **given})
    click.echo(sent["id"])
    if wait:
        _follow(context, sent["id"])


@batch.command()
@click.argument("batch_id")
@click.option("--wait", is_flag=True, help="Follow it to its end.")
@click.pass_context
def status(context: click.Context, batch_id: str, wait: bool) -> None:
    """How far a batch is."""
    if wait:
        _follow(context, batch_id)
        return
    found = context.obj.get(f"/v1/batches/{batch_id}")
    click.echo(table_of(found))
    for error in found["errors"]:
        click.echo(f"  line {error['line']}: {error['state']}, {error['message']}")


@batch.command("list")
@click.pass_obj
def list_batches(client: WaypostClient) -> None:
    """The latest batches."""
    for found in client.get("/v1/batches")["batches"]:
        click.echo(f"{found['created_at'][:19]}  {found['state']:<10} {found['id']}")


@batch.command()
@click.argument("batch_id")
@click.option("--output", "-o", type=click.File("w"), default="-", help="A file; or printed.")
@click.pass_obj
def results(client: WaypostClient, batch_id: str, output: Any) -> None:
    """The results that are there, one JSON object a line."""
    after: str | None = "0"
    while after is not None:
        lines, after = client.lines(f"/v1/batches/{batch_id}/results", after=after, limit=_PAGE)
        output.writelines(f"{line}\n" for line in lines)


@batch.command()
@click.argument("batch_id")
@click.pass_obj
def cancel(client: WaypostClient, batch_id: str) -> None:
    """Asks no more questions of a batch."""
    client.post(f"/v1/batches/{batch_id}/cancel")
    click.echo("Cancelled: what is being answered is answered, and no more is asked.")


@batch.command()
@click.argument("batch_id")
@click.option("--wait", is_flag=True, help="Follow it to its end.")
@click.pass_context
def retry(context: click.Context, batch_id: str, wait: bool) -> None:
    """Asks again what failed, was skipped or cancelled."""
    context.obj.post(f"/v1/batches/{batch_id}/retry")
    if wait:
        _follow(context, batch_id)


@batch.command()
@click.pass_obj
def redrive(client: WaypostClient) -> None:
    """Gives the messages that no function could take back to their queues; for admins."""
    client.post("/v1/batches/redrive")
    click.echo("Asked for: the dead letters go back to their queues, and are tried again.")


@batch.command(cls=click.Command)
@click.option("--questions", type=click.IntRange(1), default=10_000, show_default=True)
@click.option("--tokens-per-minute", type=click.IntRange(1), required=True, help="The quota.")
@click.option("--requests-per-minute", type=click.IntRange(1), help="The quota, where it has one.")
@click.option("--input", "input_tokens", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--output", "output_tokens", type=click.IntRange(1), default=300, show_default=True)
@click.option("--max-output", type=click.IntRange(1), default=2048, show_default=True)
@click.option("--calls", type=click.IntRange(1), default=1, show_default=True, help="A question.")
@click.option("--seconds", type=click.FloatRange(0.1), default=3.0, show_default=True)
@click.option("--model", default="us.amazon.nova-lite-v1:0", show_default=True)
def plan(**given: Any) -> None:
    """How many workers a model's quota feeds, how long a batch takes, and what it costs."""
    click.echo(describe(Workload(**given)))


def _follow(context: click.Context, batch_id: str) -> None:
    console = Console(stderr=True)
    try:
        ended = watch(context.obj, console, batch_id)
    except KeyboardInterrupt:
        url = context.meta.get("waypost.url")
        named = f" --url {url}" if url else ""
        console.print(
            f"\nIt goes on. Come back with: waypost batch status {batch_id} --wait{named}",
            soft_wrap=True,
        )
        context.exit(130)
    click.echo(table_of(ended))
    if ended["state"] != "completed" or ended["counts"]["failed"]:
        context.exit(1)
