"""Function URLs and API Gateway's HTTP APIs: payload format 2.0.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
"""

from collections.abc import Mapping
from typing import Any

from waypost_runtime.events import shape
from waypost_runtime.events.shape import RawHeaders, Scope


class Version2:
    def fits(self, event: Mapping[str, Any]) -> bool:
        about = event["requestContext"]
        return event.get("version") == "2.0" and ("http" in about or "rawPath" in event)

    def scope(self, event: Mapping[str, Any]) -> Scope:
        http = event["requestContext"]["http"]
        headers = shape.lowered(event.get("headers"))
        if event.get("cookies"):
            headers["cookie"] = "; ".join(event["cookies"])
        path = event.get("rawPath") or http["path"]
        query = event.get("rawQueryString") or ""
        stage = event["requestContext"].get("stage", "$default")
        return shape.scope(
            http["method"],
            path,
            query,
            headers,
            http.get("sourceIp"),
            "" if stage == "$default" else str(stage),
        )

    def prelude(self, status: int, headers: RawHeaders) -> dict[str, Any]:
        joined: dict[str, str] = {}
        cookies: list[str] = []
        for name, value in shape.decoded(headers):
            if name == "set-cookie":
                cookies.append(value)
            else:
                joined[name] = f"{joined[name]},{value}" if name in joined else value
        return {"statusCode": status, "headers": joined, "cookies": cookies}
