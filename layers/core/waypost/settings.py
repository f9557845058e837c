"""The settings of a deployment, read once from the environment that `template.yaml` sets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from waypost.errors import Invalid
from waypost.identity import Identity

_SERVICE_TIERS = ("", "default", "flex", "priority", "reserved")
_ADDRESS = re.compile(r"https?://[^/\s]+")
_PRIVATE_ADDRESS = re.compile(
    r"https://[^/\s]\S*|http://(localhost|127\.0\.0\.1|\[::1\])([:/]\S*)?"
)


SMALL_MODEL = "small"
"""The name by which an agent takes the router's model."""


class SettingsError(ValueError):
    """An environment variable is missing or not valid; the text names it."""


@dataclass(frozen=True)
class BatchSettings:
    """Where batches are kept and sent: all empty where a deployment has none."""

    bucket: str = ""
    batch_queue: str = ""
    """The URL of the queue of what is to be split or finished."""
    question_queue: str = ""
    """The URL of the queue of single questions."""
    batch_dead_letters: str = ""
    question_dead_letters: str = ""
    bus: str = ""
    batch_queue_arn: str = ""
    schedule_group: str = ""
    scheduler_role: str = ""
    """The ARN of the role that sends messages at the times of a schedule."""
    inference_from: int = 0
    """From so many questions on that need no tools, a job of Bedrock answers them; 0 for never."""
    inference_role: str = ""
    """The ARN of the role with which such a job reads and writes the bucket."""
    answer_events: bool = False
    """Whether the bus is told of every single result."""
    event_identity: Identity = field(default_factory=lambda: Identity("events", "events"))
    """Whose questions come in events on the bus: whoever may put events there asks as this."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "BatchSettings":
        return cls(
            bucket=env.get("WAYPOST_BUCKET", ""),
            batch_queue=env.get("WAYPOST_BATCH_QUEUE", ""),
            question_queue=env.get("WAYPOST_QUESTION_QUEUE", ""),
            batch_dead_letters=env.get("WAYPOST_BATCH_DEAD_LETTERS", ""),
            question_dead_letters=env.get("WAYPOST_QUESTION_DEAD_LETTERS", ""),
            bus=env.get("WAYPOST_BUS", ""),
            batch_queue_arn=env.get("WAYPOST_BATCH_QUEUE_ARN", ""),
            schedule_group=env.get("WAYPOST_SCHEDULE_GROUP", ""),
            scheduler_role=env.get("WAYPOST_SCHEDULER_ROLE", ""),
            inference_from=int(_number(env, "WAYPOST_INFERENCE_FROM", 0, zero=True)),
            inference_role=env.get("WAYPOST_INFERENCE_ROLE", ""),
            answer_events=env.get("WAYPOST_ANSWER_EVENTS", "") == "true",
            event_identity=_identity_of(env, "WAYPOST_EVENT_IDENTITY")
            or Identity("events", "events"),
        )


@dataclass(frozen=True)
class CallSettings:
    """What holds for every call of a model. Empty and None leave it to the call."""

    service_tier: str = ""
    """https://docs.aws.amazon.com/bedrock/latest/userguide/service-tiers-inference.html"""
    max_output: int | None = None
    """The maximum of tokens that a call may write, whatever the agent allows."""
    guardrail: tuple[str, str] | None = None
    """The id or ARN of a guardrail of Bedrock's, and its version."""

    cache_ttl: str = ""
    """How long a marked prefix is kept: 5m or 1h; empty for the model's own time."""

    @property
    def price_factor(self) -> float:
        """What a call costs beside one of the default tier."""
        return {"flex": 0.5, "priority": 1.75}.get(self.service_tier, 1.0)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "CallSettings":
        tier = env.get("WAYPOST_SERVICE_TIER", "")
        if tier not in _SERVICE_TIERS:
            named = ", ".join(filter(None, _SERVICE_TIERS))
            raise SettingsError(f"WAYPOST_SERVICE_TIER must be one of {named}, not {tier!r}.")
        is_set = bool(env.get("WAYPOST_MAX_OUTPUT"))
        tier = "" if tier == "default" else tier
        max_output = int(_number(env, "WAYPOST_MAX_OUTPUT", 1)) if is_set else None
        guardrail = env.get("WAYPOST_GUARDRAIL", "")
        version = env.get("WAYPOST_GUARDRAIL_VERSION") or "DRAFT"
        ttl = env.get("WAYPOST_CACHE_TTL", "")
        if ttl not in ("", "5m", "1h"):
            raise SettingsError(f"WAYPOST_CACHE_TTL must be 5m or 1h, not {ttl!r}.")
        return cls(tier, max_output, (guardrail, version) if guardrail else None, ttl)


@dataclass(frozen=True)
class TokenSettings:
    """Whose bearer tokens are accepted, and what they say of a user.

    A claim is named as it is (`custom:tenant`) or by a path (`realm_access.roles`).
    """

    issuer: str
    """The claim `iss`, byte by byte. Its discovery document is below it."""
    audiences: tuple[str, ...]
    audience_claim: Literal["aud", "client_id"] = "aud"
    kind: Literal["access", "id", "any"] = "access"
    keys_url: str = ""
    """Where the issuer's keys are; empty where its discovery document says so."""
    user_claim: str = "sub"
    tenant_claim: str = ""
    default_tenant: str = ""
    """Every user's tenant. Either this or `tenant_claim` is set."""
    roles_claim: str = ""
    admin_groups: frozenset[str] = frozenset()
    """Values of `roles_claim` whose users have the role admin. No other value gives it."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "TokenSettings":
        tenant_claim = env.get("WAYPOST_TOKEN_TENANT_CLAIM", "")
        default_tenant = env.get("WAYPOST_TOKEN_DEFAULT_TENANT", "")
        if bool(tenant_claim) == bool(default_tenant):
            raise SettingsError(
                "Either WAYPOST_TOKEN_TENANT_CLAIM or WAYPOST_TOKEN_DEFAULT_TENANT must be set."
            )
        if default_tenant:
            _check_tenant(default_tenant, "WAYPOST_TOKEN_DEFAULT_TENANT")
        _text(env, "WAYPOST_TOKEN_ISSUER")
        audiences = tuple(_list(env, "WAYPOST_TOKEN_AUDIENCE"))
        if not audiences:
            raise SettingsError("WAYPOST_TOKEN_AUDIENCE is not set.")
        return cls(
            issuer=_private_address(env, "WAYPOST_TOKEN_ISSUER"),
            audiences=audiences,
            audience_claim=_choice(env, "WAYPOST_TOKEN_AUDIENCE_CLAIM", "aud", "client_id"),
            kind=_choice(env, "WAYPOST_TOKEN_KIND", "access", "id", "any"),
            keys_url=_private_address(env, "WAYPOST_TOKEN_KEYS_URL"),
            user_claim=env.get("WAYPOST_TOKEN_USER_CLAIM") or "sub",
            tenant_claim=tenant_claim,
            default_tenant=default_tenant,
            roles_claim=env.get("WAYPOST_TOKEN_ROLES_CLAIM", ""),
            admin_groups=frozenset(_list(env, "WAYPOST_TOKEN_ADMIN_GROUPS")),
        )


@dataclass(frozen=True)
class IdentitySettings:
    """How a request says who asks."""

    mode: Literal["none", "caller", "jwt", "development"] = "none"
    """
    none: every question is refused.
    caller: AWS has checked the caller's signature, and the caller names its user.
    jwt: a bearer token names the user.
    development: as `caller` without a signature, for clients on this machine or beside it.
    """
    default: Identity | None = None
    """Who asks where a request names nobody; in development only."""
    tokens: TokenSettings | None = None
    """Set if and only if the mode is jwt."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "IdentitySettings":
        mode = _choice(env, "WAYPOST_IDENTITY", "none", "caller", "jwt", "development")
        default = _identity_of(env, "WAYPOST_DEFAULT_IDENTITY")
        if default and mode != "development":
            raise SettingsError("WAYPOST_DEFAULT_IDENTITY needs WAYPOST_IDENTITY=development.")
        return cls(mode, default, TokenSettings.from_env(env) if mode == "jwt" else None)


@dataclass(frozen=True)
class Settings:
    """Paths are absolute; times are seconds; sizes are characters unless named otherwise."""

    table: str
    model: str
    router_model: str
    models: Mapping[str, str]
    """Every name by which a request may choose a model, with the model's id; `model` is one."""
    mcp_servers: Mapping[str, str]
    """MCP servers whose tools a request may ask for: their addresses by name."""
    profile_models: Mapping[str, str]
    """The models behind application inference profiles: their ids by the profiles' ARNs."""
    fallback_models: tuple[str, ...]
    """Asked in turn where an agent's model fails before its first word."""
    model_timeout: float
    """A model that is silent for so long has broken off."""
    agents: Path
    documents: Path | None
    database: Path | None
    shared_tables: frozenset[str]
    """Tables that every tenant may read; `*` for all of them."""
    runnables: tuple[str, ...]
    """What an agent may name as its `runnable`, beside those that the files name."""
    identity: IdentitySettings
    cors_origins: tuple[str, ...]
    default_agent: str | None
    max_input: int
    max_body_bytes: int
    heartbeat: float
    route_deadline: float
    route_min_confidence: float
    """Where the router is less sure, the run asks back and does not guess; from 0 to 1."""
    history_tokens: int
    """The maximum of a prompt that earlier turns may take, as tokens are estimated."""
    journal_seconds: float
    """The maximum time an event waits before it is written."""
    journal_bytes: int
    """So many bytes of events are written at once, however short the wait was."""
    journal_days: float
    """When a run's events expire. Threads, messages and runs stay."""
    lease: float
    """A run whose process has not renewed its lease for so long is over."""
    result_rows: int
    query_seconds: float
    calls: CallSettings = CallSettings()
    batches: BatchSettings = BatchSettings()

    def model_id(self, name: str) -> str:
        """The id of a model that an agent names; `small` is the router's."""
        named = self.router_model if name == SMALL_MODEL else name
        return self.models.get(name) or named

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Raises SettingsError with one line that names the variable."""
        model = _text(env, "WAYPOST_MODEL")
        return cls(
            table=_text(env, "WAYPOST_TABLE"),
            model=model,
            router_model=env.get("WAYPOST_ROUTER_MODEL") or model,
            models={model: model, **_named(env, "WAYPOST_MODELS")},
            mcp_servers=_addresses(env, "WAYPOST_MCP_SERVERS"),
            profile_models=_named(env, "WAYPOST_PROFILE_MODELS"),
            fallback_models=tuple(_list(env, "WAYPOST_FALLBACK_MODELS")),
            model_timeout=_number(env, "WAYPOST_MODEL_TIMEOUT", 30),
            agents=Path(_text(env, "WAYPOST_AGENTS")),
            documents=_path(env, "WAYPOST_DOCUMENTS"),
            database=_path(env, "WAYPOST_DATABASE"),
            shared_tables=frozenset(_list(env, "WAYPOST_SHARED_TABLES")),
            runnables=tuple(_list(env, "WAYPOST_RUNNABLES")),
            identity=IdentitySettings.from_env(env),
            cors_origins=tuple(_list(env, "WAYPOST_CORS_ORIGINS")),
            default_agent=env.get("WAYPOST_DEFAULT_AGENT") or None,
            max_input=int(_number(env, "WAYPOST_MAX_INPUT", 32_000)),
            max_body_bytes=int(_number(env, "WAYPOST_MAX_BODY", 1_000_000)),
            heartbeat=_number(env, "WAYPOST_HEARTBEAT", 15),
            route_deadline=_number(env, "WAYPOST_ROUTE_DEADLINE", 4),
            route_min_confidence=_share(env, "WAYPOST_ROUTE_MIN_CONFIDENCE", 0.4),
            history_tokens=int(_number(env, "WAYPOST_HISTORY_TOKENS", 12_000)),
            journal_seconds=_number(env, "WAYPOST_JOURNAL_SECONDS", 0.25),
            journal_bytes=int(_number(env, "WAYPOST_JOURNAL_BYTES", 64_000)),
            journal_days=_number(env, "WAYPOST_JOURNAL_DAYS", 7),
            lease=_number(env, "WAYPOST_LEASE", 15),
            result_rows=int(_number(env, "WAYPOST_RESULT_ROWS", 200)),
            query_seconds=_number(env, "WAYPOST_QUERY_SECONDS", 5),
            calls=CallSettings.from_env(env),
            batches=BatchSettings.from_env(env),
        )


def is_private_address(url: str) -> bool:
    """Whether nobody on the way can change what is read there: https, or http on this machine."""
    return bool(_PRIVATE_ADDRESS.fullmatch(url))


def _text(env: Mapping[str, str], name: str) -> str:
    if value := env.get(name):
        return value
    raise SettingsError(f"{name} is not set.")


def _list(env: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in env.get(name, "").split(",") if part.strip()]


def _named(env: Mapping[str, str], name: str) -> dict[str, str]:
    """`name=value` for each part; a part without `=` is its own name."""
    pairs = [part.partition("=") for part in _list(env, name)]
    if any(not key.strip() or (equals and not value.strip()) for key, equals, value in pairs):
        raise SettingsError(f"{name} must be a list of name=value, not {env[name]!r}.")
    return {key.strip(): value.strip() if equals else key.strip() for key, equals, value in pairs}


def _addresses(env: Mapping[str, str], name: str) -> dict[str, str]:
    named = _named(env, name)
    if wrong := next((key for key, url in named.items() if not _ADDRESS.match(url)), None):
        raise SettingsError(
            f"{name}: {wrong!r} has no address that begins with http:// or https://."
        )
    return named


def _path(env: Mapping[str, str], name: str) -> Path | None:
    return Path(env[name]) if env.get(name) else None


def _number(env: Mapping[str, str], name: str, default: float, *, zero: bool = False) -> float:
    try:
        value = float(env.get(name) or default)
    except ValueError:
        raise SettingsError(f"{name} must be a number, not {env[name]!r}.") from None
    if value < 0 or (value == 0 and not zero):
        raise SettingsError(f"{name} must be greater than zero, not {env[name]!r}.")
    return value


def _share(env: Mapping[str, str], name: str, default: float) -> float:
    value = _number(env, name, default, zero=True)
    if value > 1:
        raise SettingsError(f"{name} must be from 0 to 1, not {env[name]!r}.")
    return value


def _choice(env: Mapping[str, str], name: str, first: str, *others: str) -> Any:
    """The value of a variable that is `first` where it is not set."""
    value = env.get(name) or first
    if value not in (first, *others):
        named = ", ".join((first, *others))
        raise SettingsError(f"{name} must be one of {named}, not {value!r}.")
    return value


def _private_address(env: Mapping[str, str], name: str) -> str:
    url = env.get(name, "")
    if url and not is_private_address(url):
        raise SettingsError(f"{name} must begin with https://, not {url!r}.")
    return url


def _check_tenant(value: str, name: str) -> None:
    try:
        Identity(value, "user")
    except Invalid as error:
        raise SettingsError(f"{name} is {value!r}: {error.message}") from None


def _identity_of(env: Mapping[str, str], name: str) -> Identity | None:
    value = env.get(name, "")
    if not value:
        return None
    tenant, _, rest = value.partition("/")
    user, _, roles = rest.partition("/")
    try:
        return Identity(tenant, user, frozenset(filter(None, roles.split("+"))))
    except Invalid as error:
        raise SettingsError(
            f"{name} must be tenant/user or tenant/user/role, not {value!r}: {error.message}"
        ) from None
