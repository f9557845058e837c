"""AWS for one stack: moto with the template's resources, Bedrock, and the way to reach both."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from waypost_local import bedrock
from waypost_local.aws import moto_server
from waypost_local.aws.account import ACCOUNT_ID, CREDENTIALS, REGION, client
from waypost_local.demo_mcp import server as demo_mcp_server
from waypost_local.errors import CommandError
from waypost_local.stack import parameters, resources, template
from waypost_local.stack.model_backend import DEMO_MODEL, model_backend
from waypost_local.stack.physical_ids import StackEndpoints
from waypost_local.stack.template import Stack


@dataclass(frozen=True)
class StackSettings:
    """Which stack to run, and on what."""

    template: Path
    python: str
    model: str = DEMO_MODEL
    pace: bedrock.Pace = field(default_factory=bedrock.Pace)
    database: Path | None = None
    documents: Path | None = None
    data: Path | None = None
    """The folder that keeps the table over a restart."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Values of the template's parameters, before its defaults and this machine's."""


@dataclass(frozen=True)
class LocalAws:
    """moto and Bedrock while they run."""

    stack: Stack
    endpoint: str
    bedrock_url: str
    variables: Mapping[str, str]
    """What a function's environment needs to reach them."""

    async def create_resources(self) -> None:
        """Raises CommandError."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            await asyncio.to_thread(resources.create, self.stack, self.endpoint)
        except (BotoCoreError, ClientError) as error:
            raise CommandError(f"template: {' '.join(str(error).split())}") from None


@contextlib.asynccontextmanager
async def local_aws(
    settings: StackSettings, function_url: str, bedrock_app: Any = None
) -> AsyncIterator[LocalAws]:
    """Starts moto and Bedrock, and reads the template against their addresses.

    Args:
        bedrock_app: An ASGI app that serves Bedrock instead of `settings.model`.

    Raises:
        CommandError: The template or the model's name is not valid.
    """
    model = None if bedrock_app else _model(settings.model)
    source = template.read(settings.template)
    async with (
        moto_server.serving(_data_folder(settings.data)) as endpoint,
        demo_mcp_server.serving() as mcp_url,
    ):
        if model:
            jobs = bedrock.Jobs(
                model, client("s3", endpoint), f"arn:aws:bedrock:{REGION}:{ACCOUNT_ID}"
            )
            bedrock_app = bedrock.app(model, settings.pace, jobs=jobs)
        stack = _load(settings, source, StackEndpoints(endpoint, function_url), mcp_url)
        async with bedrock.serving(bedrock_app) as bedrock_server:
            variables = {
                **CREDENTIALS,
                # A function must not read the AWS profiles of the user.
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_ENDPOINT_URL_BEDROCK": bedrock_server.url,
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": bedrock_server.url,
            }
            yield LocalAws(stack, endpoint, bedrock_server.url, variables)


def _load(
    settings: StackSettings, source: dict[str, Any], endpoints: StackEndpoints, mcp_url: str
) -> Stack:
    root = settings.template.parent
    local_values = parameters.local_values(
        root,
        source.get("Parameters") or {},
        settings.database,
        settings.documents,
        _origins(endpoints.function_url),
        dict.fromkeys(demo_mcp_server.NAMES, mcp_url),
        bedrock=settings.model.startswith("bedrock"),
    )
    return template.load(source, root, {**local_values, **settings.parameters}, endpoints)


def _data_folder(path: Path | None) -> Path | None:
    if path is None:
        return None
    try:
        path.mkdir(parents=True, exist_ok=True)
        (path / ".writable").touch()
        (path / ".writable").unlink()
    except OSError as error:
        raise CommandError(f"the data cannot be kept in {path}: {error.strerror}") from None
    return path.resolve()


def _origins(url: str) -> list[str]:
    return [url, url.replace("127.0.0.1", "localhost")]


def _model(name: str) -> bedrock.Model:
    try:
        return model_backend(name)
    except ValueError as error:
        raise CommandError(str(error)) from None
