"""Requests to a Waypost, on this machine or behind a function URL that checks signatures."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

_FUNCTION_URL = ".on.aws"
_TIMEOUT = httpx.Timeout(30, read=900)


class RequestRefused(Exception):
    """The answer is an error; the text says which."""


class SignedByCaller(httpx.Auth):
    """AWS's signature with the credentials of this machine, for a URL with AWS_IAM."""

    requires_request_body = True

    def __init__(self, region: str) -> None:
        self._region = region

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        from boto3.session import Session
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        credentials = Session().get_credentials()
        if credentials is None:
            raise RequestRefused("This machine has no AWS credentials to sign requests with.")
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in ("connection", "accept-encoding")
        }
        signed = AWSRequest(request.method, str(request.url), headers, request.content)
        SigV4Auth(credentials, "lambda", self._region).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        yield request


class WaypostClient:
    """One Waypost, asked as one user."""

    def __init__(self, url: str, tenant: str | None, user: str | None) -> None:
        host = httpx.URL(url).host
        auth = SignedByCaller(host.split(".")[2]) if host.endswith(_FUNCTION_URL) else None
        named = {"X-Tenant-Id": tenant, "X-User-Id": user}
        headers = {name: value for name, value in named.items() if value}
        self._http = httpx.Client(base_url=url, headers=headers, auth=auth, timeout=_TIMEOUT)
        self._url = url

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Raises RequestRefused."""
        return self._json(self._send("GET", path, params=query))

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Raises RequestRefused."""
        return self._json(self._send("POST", path, json=body))

    def upload(self, path: Path) -> str:
        """Puts a file where batches are taken from; the id to name it by. Raises RequestRefused."""
        place = self.post("/v1/batches/uploads")
        with path.open("rb") as file:
            response = httpx.put(
                place["url"],
                content=file,
                headers={"Content-Length": str(path.stat().st_size)},
                timeout=_TIMEOUT,
            )
        if response.is_error:
            raise RequestRefused(f"The file was not taken: {response.status_code}.")
        return str(place["upload_id"])

    def lines(self, path: str, **query: Any) -> tuple[list[str], str | None]:
        """Results as JSON lines, and where the next page begins. Raises RequestRefused."""
        response = self._send("GET", path, params=query, headers={"Accept": "application/x-ndjson"})
        return response.text.splitlines(), response.headers.get("X-Next-After")

    @contextmanager
    def stream(self, path: str, body: dict[str, Any]) -> Iterator[Iterator[str]]:
        """The `data` of each event of a stream. Raises RequestRefused."""
        try:
            with self._http.stream("POST", path, json=body) as response:
                if response.is_error:
                    response.read()
                    raise RequestRefused(_reason(response))
                yield (
                    line.removeprefix("data:").strip()
                    for line in response.iter_lines()
                    if line.startswith("data:")
                )
        except httpx.HTTPError as error:
            raise RequestRefused(self._unreachable(error)) from None

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise RequestRefused(self._unreachable(error)) from None
        if response.is_error:
            raise RequestRefused(_reason(response))
        return response

    def _json(self, response: httpx.Response) -> dict[str, Any]:
        found: dict[str, Any] = response.json()
        return found

    def _unreachable(self, error: httpx.HTTPError) -> str:
        return (
            f"{self._url} does not answer ({type(error).__name__}). Start the stack with "
            "`make run`, or name another address with --url."
        )


def _reason(response: httpx.Response) -> str:
    try:
        error = response.json()["error"]
        return f"{error['message']} ({error['code']})"
    except (ValueError, KeyError, TypeError):
        return f"The answer is {response.status_code}: {response.text[:200]}"
