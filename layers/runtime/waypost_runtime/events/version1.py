"""API Gateway's REST APIs, and HTTP APIs with payload format 1.0.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from waypost_runtime.events import shape
from waypost_runtime.events.shape import RawHeaders, Scope


class Version1:
    def fits(self, event: Mapping[str, Any]) -> bool:
        # A load balancer's event has a method too, but wants a response of another shape.
        return "httpMethod" in event and "elb" not in event["requestContext"]

    def scope(self, event: Mapping[str, Any]) -> Scope:
        query = event.get("multiValueQueryStringParameters") or event.get("queryStringParameters")
        return shape.scope(
            event["httpMethod"],
            event["path"],
            urlencode(query or {}, doseq=True),
            _headers(event),
            (event["requestContext"].get("identity") or {}).get("sourceIp"),
        )

    def prelude(self, status: int, headers: RawHeaders) -> dict[str, Any]:
        several: dict[str, list[str]] = {}
        for name, value in shape.decoded(headers):
            several.setdefault(name, []).append(value)
        single = {name: values[0] for name, values in several.items() if len(values) == 1}
        multi = {name: values for name, values in several.items() if len(values) > 1}
        return {"statusCode": status, "headers": single, "multiValueHeaders": multi}


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    headers = shape.lowered(event.get("headers"))
    for name, values in (event.get("multiValueHeaders") or {}).items():
        separator = "; " if name.lower() == "cookie" else ", "
        headers[name.lower()] = separator.join(values or [])
    return headers
