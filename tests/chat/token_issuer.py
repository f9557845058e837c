"""An issuer of tokens on this machine: real keys, a discovery document and a JWKS over HTTP."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

AUDIENCE = "api://shipments"
_DISCOVERY = "/.well-known/openid-configuration"


class SigningKey:
    """A private key, the one algorithm that it signs with, and its id."""

    def __init__(self, kid: str, algorithm: str) -> None:
        self.kid = kid
        self.algorithm = algorithm
        self.private: Any = {
            "RS": lambda: rsa.generate_private_key(65_537, 2_048),
            "PS": lambda: rsa.generate_private_key(65_537, 2_048),
            "ES": lambda: ec.generate_private_key(ec.SECP256R1()),
            "Ed": ed25519.Ed25519PrivateKey.generate,
        }[algorithm[:2]]()

    def jwk(self, **more: Any) -> dict[str, Any]:
        algorithm: Any = get_default_algorithms()[self.algorithm]
        public = algorithm.to_jwk(self.private.public_key(), as_dict=True)
        public.pop("key_ops", None)
        return {**public, "kid": self.kid, "use": "sig", "alg": self.algorithm, **more}


class TokenIssuer:
    def __init__(self, keys: list[SigningKey]) -> None:
        self._first = keys
        self.url = ""
        self.reset()

    def reset(self) -> None:
        self.jwks = [key.jwk() for key in self._first]
        self.key = self._first[0]
        self.down = False
        self.fetched: list[str] = []
        """The paths that were asked for, in order."""
        self.discovery: dict[str, Any] = {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"}
        self.redirect = ""

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Those of an access token for ten minutes; None leaves a claim out."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "auth0|mara",
            "aud": AUDIENCE,
            "azp": "spa-1",
            "iat": now,
            "nbf": now,
            "exp": now + 600,
            "https://freight.example/tenant": "northwind",
            **changed,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(
        self, key: SigningKey | None = None, header: dict[str, Any] | None = None, **changed: Any
    ) -> str:
        key = key or self.key
        header = {"kid": key.kid, **(header or {})}
        return jwt.encode(self.claims(**changed), key.private, key.algorithm, header)

    def respond(self, path: str) -> tuple[int, dict[str, str], bytes]:
        self.fetched.append(path)
        if self.down:
            return 500, {}, b""
        if self.redirect:
            return 302, {"Location": self.redirect}, b""
        found = self.discovery if path.endswith(_DISCOVERY) else {"keys": self.jwks}
        return 200, {}, json.dumps(found).encode()


def signed_by_hand(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"x") -> str:
    """A token whose header libraries would not write."""
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@contextmanager
def serving_issuer(keys: list[SigningKey]) -> Iterator[TokenIssuer]:
    issuer = TokenIssuer(keys)

    class Requests(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = issuer.respond(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    issuer.reset()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
