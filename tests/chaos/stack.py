"""The local stack with a scripted model, and the faults that can be injected into it."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from tests.chaos.fault_injector import FaultInjector
from tests.chaos.model import ChaosModel
from waypost_local import bedrock
from waypost_local.aws.account import client
from waypost_local.lambda_.environment import Environment
from waypost_local.lambda_.function_url import FunctionUrl
from waypost_local.lambda_.pool import Pool
from waypost_local.stack.console import ConsoleLog
from waypost_local.stack.local_aws import StackSettings, local_aws
from waypost_local.stack.run import listen, url_of

ROOT = Path(__file__).parents[2]
MODEL, FALLBACK = "us.amazon.nova-lite-v1:0", "us.amazon.nova-pro-v1:0"
LEASE = 3.0
SHORT_TIMEOUT = 6
"""Seconds that an invocation of the short function may take."""
PARAMETERS = {
    "ModelId": MODEL,
    "RouterModelId": "us.amazon.nova-micro-v1:0",
    "FallbackModelId": FALLBACK,
    "LeaseSeconds": str(LEASE),
    "ModelTimeoutSeconds": "2",
    "HeartbeatSeconds": "1",
}


@dataclass
class ChaosStack:
    """`url` serves the function as the template has it, `short_url` one with a short timeout."""

    url: str
    short_url: str
    http: httpx.AsyncClient
    models: FaultInjector
    aws: str
    dynamodb: Any
    table: str
    pools: tuple[Pool, ...]

    def kill(self, *marks: bytes) -> int:
        """Kills the environments that work on a request with all these marks. Returns how many."""
        found = self._busy(marks)
        for environment in found:
            environment.kill()
        return len(found)

    async def freeze(self, seconds: float, *marks: bytes) -> int:
        """Pauses such environments for a time. Returns how many."""
        found = self._busy(marks)
        for environment in found:
            environment.signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        for environment in found:
            environment.signal(signal.SIGCONT)
        return len(found)

    def _busy(self, marks: tuple[bytes, ...]) -> list[Environment]:
        return [
            environment
            for pool in self.pools
            for environment in pool.environments
            if any(all(mark in work.event for mark in marks) for work in environment.invocations)
        ]

    async def set_table_faults(self, tenant: str, faults: list[dict[str, Any]]) -> None:
        """Sets faults of DynamoDB's calls for this tenant, and for no other."""
        tenant_faults = [{**fault, "containing": _partitions(tenant)} for fault in faults]
        answer = await self.http.post(f"{self.aws}/_faults", json=tenant_faults)
        answer.raise_for_status()

    async def clear_table_faults(self, tenant: str) -> None:
        params = {"containing": _partitions(tenant)}
        (await self.http.delete(f"{self.aws}/_faults", params=params)).raise_for_status()


def _partitions(tenant: str) -> str:
    return f"T#{tenant}#"


@contextlib.asynccontextmanager
async def running(
    environments: int,
    log: Callable[[str], None],
    parameters: Mapping[str, str] = PARAMETERS,
) -> AsyncIterator[ChaosStack]:
    """A stack of its own, down to its processes. `environments` may run at once."""
    models = FaultInjector(bedrock.app(ChaosModel()))
    setup = StackSettings(ROOT / "template.yaml", sys.executable, parameters=parameters)
    listening, short = listen("127.0.0.1", 0), listen("127.0.0.1", 0)
    async with local_aws(setup, url_of(listening), models) as side:
        function = side.stack.url_function()
        printed = ConsoleLog(log, verbose=True).function_output
        pools = tuple(
            Pool(one, setup.python, side.variables, environments, printed)
            for one in (function, replace(function, timeout=SHORT_TIMEOUT))
        )
        fronts = [FunctionUrl(pool, lambda _: None, paced=False) for pool in pools]
        await side.create_resources()
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        async with _stopping(pools, fronts), _client(limits) as http:
            await asyncio.gather(*(pool.warm() for pool in pools))
            for front, sock in zip(fronts, (listening, short), strict=True):
                await front.start(sock)
            yield ChaosStack(
                url_of(listening),
                url_of(short),
                http,
                models,
                side.endpoint,
                client("dynamodb", side.endpoint),
                function.environment["WAYPOST_TABLE"],
                pools,
            )


def _client(limits: httpx.Limits) -> httpx.AsyncClient:
    return httpx.AsyncClient(limits=limits, timeout=20, trust_env=False, verify=False)


@contextlib.asynccontextmanager
async def _stopping(pools: tuple[Pool, ...], fronts: list[FunctionUrl]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        for front in fronts:
            front.close()
        await asyncio.gather(*(pool.stop() for pool in pools))
        await asyncio.gather(*(front.stop() for front in fronts))
