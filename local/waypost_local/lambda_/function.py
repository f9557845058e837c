"""A Lambda function, as its execution environment needs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waypost_local.aws.account import ACCOUNT_ID, REGION
from waypost_local.errors import CommandError


@dataclass(frozen=True)
class LambdaFunction:
    """Sizes are MB, times seconds."""

    logical_id: str
    name: str
    handler: str
    timeout: int
    memory: int
    environment: Mapping[str, str]
    logging: Mapping[str, str]
    """Variables that follow from its LoggingConfig."""
    code: Path
    layers: tuple[Path, ...]
    url: Mapping[str, Any] | None
    """The properties of its function URL."""

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{self.name}"

    def layer_file(self, path: str) -> Path:
        """The local file that Lambda would place at `/opt/…`. Raises CommandError."""
        name = path.removeprefix("/opt/")
        found = next((layer / name for layer in self.layers if (layer / name).exists()), None)
        if found is None:
            raise CommandError(f"{self.logical_id}: no layer holds {path}")
        return found
