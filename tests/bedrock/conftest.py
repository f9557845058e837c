"""A server that the tests of a worker share; those that set faults start their own."""

from collections.abc import Iterator

import pytest

from tests.bedrock.local_bedrock import ScriptedModel, on_a_port
from waypost_local.bedrock import app


@pytest.fixture(scope="session")
def bedrock_url() -> Iterator[str]:
    """Bedrock with a model that always says `One two three.`"""
    with on_a_port(app(ScriptedModel())) as url:
        yield url
