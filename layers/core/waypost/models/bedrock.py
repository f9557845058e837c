"""The boto3 client for Bedrock's runtime."""

import os
from typing import Any


def connect(read_timeout: float = 30) -> Any:
    """A bedrock-runtime client that never retries by itself: our own loops decide that.

    Takes about 0.1 s, so call it off the event loop and never at import.
    """
    from boto3.session import Session
    from botocore.config import Config

    config = Config(
        connect_timeout=2,
        read_timeout=read_timeout,
        tcp_keepalive=True,
        max_pool_connections=50,
        retries={"total_max_attempts": 1},
    )
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return Session().client("bedrock-runtime", config=config, region_name=region)
