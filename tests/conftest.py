"""What several kinds of tests share: AWS as the local stack plays it, and what counts as a unit."""

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

# Tests are correct at any speed: how long an example takes says only how busy the machine is.
hypothesis.settings.register_profile("any speed", deadline=None)
hypothesis.settings.load_profile("any speed")

SERVERS = frozenset(
    {
        "api",
        "browser",
        "gate",
        "invoke",
        "moto",
        "running_stack",
        "serving",
        "table",
        "url",
        "verdicts",
    }
)
"""Fixtures that start a server. A test that starts one itself carries `pytest.mark.server`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    scheduling.check_ids(items)
    items[:] = scheduling.in_order(items)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are processors: a test waits as often as it works."""
    return (os.cpu_count() or 1) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    config.option.loadscopereorder = False
    return scheduling.FolderOrFile(config, log)


def pytest_itemcollected(item: pytest.Item) -> None:
    if not SERVERS.isdisjoint(getattr(item, "fixturenames", ())):
        item.add_marker(pytest.mark.server)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Fails a test that listens and is not marked: `make unit` leaves out what is marked."""

    def refused(*_: object) -> NoReturn:
        pytest.fail("a test that starts a server needs pytest.mark.server", pytrace=False)

    with pytest.MonkeyPatch.context() as patch:
        if not item.get_closest_marker("server"):
            patch.setattr(socket.socket, "listen", refused)
        return (yield)


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """Where moto answers, in a process of its own and one request at a time."""
    serving = moto_server.serving()
    with asyncio.Runner() as runner:
        yield runner.run(serving.__aenter__())
        runner.run(serving.__aexit__(None, None, None))
