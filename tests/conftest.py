"""What several kinds of tests share: AWS as the local stack plays it."""

import asyncio
from collections.abc import Iterator

import pytest

from waypost_local import aws


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """Where moto answers, in a process of its own and one request at a time."""
    serving = aws.moto()
    with asyncio.Runner() as runner:
        yield runner.run(serving.__aenter__())
        runner.run(serving.__aexit__(None, None, None))
