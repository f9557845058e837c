"""Fixtures and hooks for all tests: moto, the `server` marker, and the order of tests."""

import asyncio
import os
import socket
from collections.abc import Generator, Iterator
from typing import Any, NoReturn

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from tests import scheduling
from waypost_local.aws import moto_server

# Tests pass at any speed: how long an example takes depends only on the machine's load.
hypothesis.settings.register_profile("any speed", deadline=None)
hypothesis.settings.load_profile("any speed")

SERVER_FIXTURES = frozenset(
    {
        "api",
        "browser",
        "case_results",
        "gate",
        "invoke",
        "moto",
        "running_stack",
        "serving",
        "table",
        "url",
    }
)
"""Fixtures that start a server. A test that starts one itself carries `pytest.mark.server`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    scheduling.check_ids(items)
    items[:] = scheduling.in_order(items)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are processors: tests wait for I/O about as long as they compute."""
    return (os.cpu_count() or 1) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    config.option.loadscopereorder = False
    return scheduling.FolderOrFileScheduling(config, log)


def pytest_itemcollected(item: pytest.Item) -> None:
    if not SERVER_FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
        item.add_marker(pytest.mark.server)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Fails a test that listens on a port without the marker: `make unit` skips marked tests."""

    def refuse_to_listen(*_: object) -> NoReturn:
        pytest.fail("a test that starts a server needs pytest.mark.server", pytrace=False)

    with pytest.MonkeyPatch.context() as patch:
        if not item.get_closest_marker("server"):
            patch.setattr(socket.socket, "listen", refuse_to_listen)
        return (yield)


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The URL of moto, in a process of its own."""
    serving = moto_server.serving()
    with asyncio.Runner() as runner:
        yield runner.run(serving.__aenter__())
        runner.run(serving.__aexit__(None, None, None))
