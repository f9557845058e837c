"""Threads, messages, runs and steps in one DynamoDB table.

Items are keyed by tenant (`keys`); `table` keeps boto3 off the event loop. Every function takes
the `Identity` that asks: there is no way to name a tenant's item without being of that tenant.
"""

from waypost import aws
from waypost.store.table import Table

__all__ = ["Table", "connect"]


def connect(name: str) -> Table:
    """The table, over a client with short time-outs; takes about 0.05 s, so not at import."""
    from botocore.config import Config

    config = Config(
        connect_timeout=2,
        read_timeout=5,
        tcp_keepalive=True,
        max_pool_connections=50,
        retries={"mode": "standard", "total_max_attempts": 4},
    )
    return Table(aws.client("dynamodb", config), name)
