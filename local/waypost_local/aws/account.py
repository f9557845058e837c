"""The AWS account of this machine, and clients for it."""

from typing import Any

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}


def client(service: str, endpoint: str) -> Any:
    """A boto3 client for moto, whatever credentials and region the environment has."""
    import boto3
    from botocore.config import Config

    # boto3's types know each service only by a literal name.
    create_client: Any = boto3.client
    return create_client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        # moto is on this machine: no proxy leads there, and retrying does not bring it back.
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )
