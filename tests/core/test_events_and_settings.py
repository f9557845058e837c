"""Events, ids, identities and settings: the types that every module uses."""

import json
from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from waypost import events
from waypost.errors import Invalid
from waypost.events import AnyEvent, TextDelta, Usage, any_event
from waypost.identity import Identity, check_thread_id
from waypost.ids import new_id, ulid
from waypost.settings import Settings, SettingsError, TokenSettings
from waypost.store.keys import TenantKeys

ENV = {"WAYPOST_TABLE": "t", "WAYPOST_MODEL": "m", "WAYPOST_AGENTS": "/agents"}
TYPES = [
    "run.started",
    "route.decided",
    "step.started",
    "step.updated",
    "step.completed",
    "text.started",
    "text.delta",
    "text.completed",
    "tool.started",
    "tool.input.delta",
    "tool.input",
    "tool.output",
    "tool.failed",
    "source.cited",
    "data",
    "usage",
    "run.completed",
    "run.failed",
    "run.cancelled",
]


def test_there_are_nineteen_event_types() -> None:
    union = get_args(get_args(AnyEvent)[0])
    assert [event.model_fields["type"].default for event in union] == TYPES


def test_a_stamped_event_survives_a_round_trip_through_json() -> None:
    delta = TextDelta(text_id="t1", delta="There").stamped(7, "run_1", "2026-01-02T03:04:05.678Z")
    text = delta.model_dump_json()
    assert json.loads(text) == {
        "type": "text.delta",
        "seq": 7,
        "run_id": "run_1",
        "at": "2026-01-02T03:04:05.678Z",
        "text_id": "t1",
        "delta": "There",
    }
    assert any_event.validate_json(text) == delta


def test_events_are_frozen_and_take_no_other_fields() -> None:
    event = TextDelta(text_id="t1", delta="a")
    with pytest.raises(ValidationError):
        event.delta = "b"
    with pytest.raises(ValidationError):
        TextDelta(text_id="t1", delta="a", more=1)  # type: ignore[call-arg]


def test_times_are_rfc_3339_in_utc() -> None:
    assert events.now().endswith("Z")
    assert len(events.now()) == len("2026-01-02T03:04:05.678Z")


@given(st.lists(st.integers(0, 10**6), min_size=4, max_size=4))
def test_usage_adds_up(counts: list[int]) -> None:
    fields = dict(zip(Usage.model_fields, counts, strict=True))
    one = Usage(**fields)
    assert one + Usage() == one
    assert (one + one).output_tokens == 2 * one.output_tokens


def test_ids_sort_by_creation_time() -> None:
    ids = [ulid() for _ in range(5000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 5000
    assert all(len(one) == 26 for one in ids)
    assert new_id("run").startswith("run_")


@pytest.mark.parametrize("name", ["", "a#b", "a b", "x" * 129, "a\n"])
def test_an_id_that_cannot_be_a_key_is_refused(name: str) -> None:
    makers: list[Callable[[], object]] = [
        lambda: Identity(name, "u"),
        lambda: Identity("t", name),
    ]
    for make in makers:
        with pytest.raises(Invalid):
            make()


def test_ids_of_other_systems_are_accepted() -> None:
    assert check_thread_id("conv-test-123") == "conv-test-123"
    assert Identity("company-789", "auth0|5f7c8ec7").user_id == "auth0|5f7c8ec7"


def test_settings_have_defaults() -> None:
    settings = Settings.from_env(ENV)
    assert (settings.max_input, settings.heartbeat, settings.identity.mode) == (32_000, 15, "none")
    assert settings.router_model == "m"
    assert settings.models == {"m": "m"}
    assert settings.shared_tables == frozenset()


def test_shared_tables_are_named_as_they_are_written() -> None:
    settings = Settings.from_env({**ENV, "WAYPOST_SHARED_TABLES": "Ärzte, Jobs,"})
    assert settings.shared_tables == {"Ärzte", "Jobs"}


@pytest.mark.parametrize(
    ("tier", "factor"), [("", 1), ("default", 1), ("flex", 0.5), ("priority", 1.75)]
)
def test_a_service_tier_has_its_price(tier: str, factor: float) -> None:
    settings = Settings.from_env({**ENV, "WAYPOST_SERVICE_TIER": tier})
    assert settings.calls.price_factor == factor


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WAYPOST_TABLE", ""),
        ("WAYPOST_MAX_INPUT", "many"),
        ("WAYPOST_HEARTBEAT", "0"),
        ("WAYPOST_IDENTITY", "anybody"),
        ("WAYPOST_DEFAULT_IDENTITY", "nobody"),
        ("WAYPOST_DEFAULT_IDENTITY", "demo/developer"),
        ("WAYPOST_SERVICE_TIER", "cheap"),
        ("WAYPOST_MAX_OUTPUT", "0"),
        ("WAYPOST_INFERENCE_FROM", "-1"),
        ("WAYPOST_CACHE_TTL", "2h"),
    ],
)
def test_an_invalid_setting_is_named_in_the_error(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({**ENV, name: value})


@pytest.mark.parametrize("name", ["", " ", "x" * 501])
def test_a_thread_id_that_says_nothing_or_too_much_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        check_thread_id(name)


@given(st.text(min_size=1), st.text(min_size=1))
def test_different_thread_ids_never_share_a_key(one: str, other: str) -> None:
    keys = TenantKeys("t", "u")
    assert (keys.partition(one) == keys.partition(other)) is (one == other)
    assert keys.partition(one).count("#") == TenantKeys("t", "u").partition("x").count("#")
    assert len(keys.partition(one)) < 400


TOKENS_ENV = {
    **ENV,
    "WAYPOST_IDENTITY": "jwt",
    "WAYPOST_TOKEN_ISSUER": "https://id.example/realms/fleet",
    "WAYPOST_TOKEN_AUDIENCE": "fleet-api, fleet-web",
    "WAYPOST_TOKEN_TENANT_CLAIM": "org",
}


def test_tokens_have_their_settings() -> None:
    tokens = Settings.from_env(
        {**TOKENS_ENV, "WAYPOST_TOKEN_ADMIN_GROUPS": "ops,it"}
    ).identity.tokens
    assert tokens == TokenSettings(
        "https://id.example/realms/fleet",
        ("fleet-api", "fleet-web"),
        tenant_claim="org",
        admin_groups=frozenset({"ops", "it"}),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WAYPOST_TOKEN_ISSUER", ""),
        ("WAYPOST_TOKEN_ISSUER", "http://id.example"),
        ("WAYPOST_TOKEN_ISSUER", "http://localhost.example"),
        ("WAYPOST_TOKEN_AUDIENCE", " "),
        ("WAYPOST_TOKEN_AUDIENCE", ","),
        ("WAYPOST_TOKEN_AUDIENCE_CLAIM", "azp"),
        ("WAYPOST_TOKEN_KIND", "refresh"),
        ("WAYPOST_TOKEN_KEYS_URL", "file:///etc/keys"),
        ("WAYPOST_TOKEN_TENANT_CLAIM", ""),
        ("WAYPOST_TOKEN_DEFAULT_TENANT", "acme"),
    ],
)
def test_an_invalid_setting_of_tokens_is_named_in_the_error(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({**TOKENS_ENV, name: value})


def test_a_default_tenant_must_be_a_name() -> None:
    env = {**TOKENS_ENV, "WAYPOST_TOKEN_TENANT_CLAIM": "", "WAYPOST_TOKEN_DEFAULT_TENANT": "a b"}
    with pytest.raises(SettingsError, match="WAYPOST_TOKEN_DEFAULT_TENANT"):
        Settings.from_env(env)
