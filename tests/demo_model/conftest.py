"""Databases, indexes and a Bedrock server, made once for each worker."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bedrock.local_bedrock import client, on_a_port
from tests.demo_model.conversation import CHINOOK, POLICIES, ROOT, build_database
from tests.demo_model.deployment import Deployment
from waypost_local import bedrock
from waypost_local.demo_model import DemoModel


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo company's database."""
    path = tmp_path_factory.mktemp("company") / "company.sqlite"
    return build_database(ROOT / "demo/company.sql", path)


@pytest.fixture(scope="session")
def index_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the indexes of documents are stored."""
    return tmp_path_factory.mktemp("index")


@pytest.fixture(scope="session")
def demo(company: Path, index_cache: Path) -> Deployment:
    """The demo company's documents and database."""
    return Deployment.of(ROOT / "demo/documents", company, index_cache)


@pytest.fixture(scope="session")
def shop(index_cache: Path) -> Deployment:
    """The policies and the music shop's database."""
    return Deployment.of(POLICIES, CHINOOK, index_cache)


@pytest.fixture(scope="session")
def demo_model_client() -> Iterator[Any]:
    """A boto3 client of a Bedrock where the demo model answers."""
    with on_a_port(bedrock.app(DemoModel())) as url:
        yield client(url)
