"""The template resolved for this machine: functions, parameters and every intrinsic."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.local.conftest import ENDPOINTS, TEMPLATE, load
from waypost.settings import IdentitySettings, TokenSettings
from waypost_local.errors import CommandError
from waypost_local.stack import parameters, template
from waypost_local.stack.intrinsics import PSEUDO_PARAMETERS, Resolver

ROOT = Path(__file__).parents[2]
RESOLVER = Resolver(
    parameters={"Name": "chat", "Zones": ["a", "b"]},
    attributes={"Table": {"": "Table", "Arn": "arn:aws:dynamodb:::table/Table"}},
    conditions={
        "IsChat": {"Fn::Equals": [{"Ref": "Name"}, "chat"]},
        "IsOther": {"Fn::Not": [{"Condition": "IsChat"}]},
        "Both": {"Fn::And": [{"Condition": "IsChat"}, {"Condition": "IsOther"}]},
        "Either": {"Fn::Or": [{"Condition": "IsChat"}, {"Condition": "IsOther"}]},
    },
    mappings={"Sizes": {"chat": {"memory": 512}}},
)


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ({"Ref": "Name"}, "chat"),
        ({"Ref": "Zones"}, ["a", "b"]),
        ({"Ref": "Table"}, "Table"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "AWS::AccountId"}, "123456789012"),
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Fn::GetAtt": ["Table", "Arn"]}, "arn:aws:dynamodb:::table/Table"),
        ({"Fn::GetAtt": "Table.Arn"}, "arn:aws:dynamodb:::table/Table"),
        (
            {"Fn::Sub": "${Name}/${Table.Arn}/${!Kept}"},
            "chat/arn:aws:dynamodb:::table/Table/${Kept}",
        ),
        ({"Fn::Sub": ["${Name}-${Own}", {"Own": {"Ref": "Table"}}]}, "chat-Table"),
        ({"Fn::Join": ["-", [{"Ref": "Name"}, "x", 1]]}, "chat-x-1"),
        ({"Fn::Join": [",", {"Ref": "Zones"}]}, "a,b"),
        ({"Fn::Split": ["/", "a/b/c"]}, ["a", "b", "c"]),
        ({"Fn::Select": ["1", {"Fn::Split": ["/", "a/b/c"]}]}, "b"),
        ({"Fn::Select": [0, {"Ref": "Zones"}]}, "a"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Name"}, "memory"]}, 512),
        ({"Fn::If": ["IsChat", "yes", "no"]}, "yes"),
        ({"Fn::If": ["IsOther", "yes", {"Ref": "Name"}]}, "chat"),
        ({"Fn::If": ["Both", 1, 2]}, 2),
        ({"Fn::If": ["Either", 1, 2]}, 1),
        ({"a": {"Fn::If": ["IsOther", 1, {"Ref": "AWS::NoValue"}]}, "b": 2}, {"b": 2}),
        ([1, {"Ref": "AWS::NoValue"}, 3], [1, 3]),
    ],
)
def test_an_intrinsic_becomes_a_value(value: Any, resolved: Any) -> None:
    assert RESOLVER.resolve(value) == resolved


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({"Ref": "Missing"}, "Missing"),
        ({"Fn::GetAtt": ["Table", "StreamArn"]}, "Table.StreamArn"),
        ({"Fn::Sub": "${Missing.Arn}"}, "Missing.Arn"),
        ({"Fn::ImportValue": "other"}, "Fn::ImportValue"),
        ({"Fn::If": ["Nowhere", 1, 2]}, "Nowhere"),
        ({"Fn::FindInMap": ["Sizes", "other", "memory"]}, "Sizes"),
        ({"Fn::Select": [7, {"Ref": "Zones"}]}, "Fn::Select"),
    ],
)
def test_what_cannot_be_resolved_is_named(value: Any, name: str) -> None:
    with pytest.raises(CommandError, match=name):
        RESOLVER.resolve(value)


def test_the_small_stack_is_read_as_it_would_be_deployed() -> None:
    function = load(Mark="a,b").url_function()
    assert function.name == "Tiny"
    assert function.timeout == 30
    assert function.environment["MARK"] == "a,b"
    assert function.environment["TABLE"] == "Things"
    assert function.code == TEMPLATE.parent / "function"
    assert function.layers == (ROOT / "layers/runtime",)
    assert function.layer_file("/opt/waypost") == ROOT / "layers/runtime/waypost"
    assert function.url is not None
    assert function.url["Cors"]["AllowOrigins"] == ["https://page.example", "https://other.example"]


def test_the_real_stack_is_read_whole() -> None:
    values = {"DatabasePath": "/data/my.sqlite", "AllowedOrigins": "http://127.0.0.1:8080"}
    source = template.read(ROOT / "template.yaml")
    function = template.load(source, ROOT, values, ENDPOINTS).url_function()
    assert function.environment["WAYPOST_TABLE"] == "Table"
    assert function.environment["WAYPOST_DATABASE"] == "/data/my.sqlite"
    assert function.logging == {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
    names = [layer.name for layer in function.layers]
    assert names == ["dependencies", "runnables", "runtime", "core"]
    assert function.url is not None
    assert function.url["Cors"]["AllowOrigins"] == ["http://127.0.0.1:8080"]


def test_langchain_can_be_left_away() -> None:
    source = template.read(ROOT / "template.yaml")
    stack = template.load(source, ROOT, {"Runnables": "false"}, ENDPOINTS)
    names = [layer.name for layer in stack.url_function().layers]
    assert names == ["dependencies", "runtime", "core"]
    assert not any("Runnables" in name for name in stack.resources)


def test_the_rules_of_the_template_are_checked() -> None:
    source = template.read(ROOT / "template.yaml")
    with pytest.raises(CommandError, match="A public URL cannot trust its callers"):
        template.load(source, ROOT, {"UrlAuth": "NONE"}, ENDPOINTS)


TOKENS = {
    "UrlAuth": "NONE",
    "Identity": "jwt",
    "TokenIssuer": "https://login.example/",
    "TokenAudience": "api://shipments",
    "TokenTenantClaim": "org_id",
}


def test_a_public_url_may_take_tokens() -> None:
    stack = template.load(template.read(ROOT / "template.yaml"), ROOT, TOKENS, ENDPOINTS)
    environment = stack.url_function().environment
    settings = IdentitySettings.from_env(environment)
    assert settings.tokens == TokenSettings(
        "https://login.example/", ("api://shipments",), tenant_claim="org_id"
    )


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"UrlAuth": "AWS_IAM"}, "UrlAuth must be NONE"),
        ({"TokenIssuer": ""}, "needs TokenIssuer"),
        ({"TokenAudience": ""}, "needs TokenAudience"),
        ({"TokenTenantClaim": ""}, "needs either TokenTenantClaim or TokenDefaultTenant"),
        ({"TokenDefaultTenant": "acme"}, "needs either TokenTenantClaim or TokenDefaultTenant"),
        ({"DefaultIdentity": "demo/developer"}, "DefaultIdentity needs Identity development"),
        ({"Identity": "development"}, "A public URL cannot trust its callers"),
    ],
)
def test_what_does_not_go_with_tokens_is_refused(changed: dict[str, str], line: str) -> None:
    source = template.read(ROOT / "template.yaml")
    with pytest.raises(CommandError, match=line):
        template.load(source, ROOT, {**TOKENS, **changed}, ENDPOINTS)


def test_development_is_refused_in_every_real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    source = template.read(ROOT / "template.yaml")
    values = {"Identity": "development"}
    template.load(source, ROOT, values, ENDPOINTS)
    monkeypatch.setitem(PSEUDO_PARAMETERS, "AWS::AccountId", "111122223333")
    with pytest.raises(CommandError, match="Identity development is for one machine"):
        template.load(source, ROOT, values, ENDPOINTS)


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"Nope": "1"}, "there is no parameter Nope; there are: Handler, Seconds, Origins, Mark"),
        ({"Seconds": "soon"}, "parameter Seconds is a number; not 'soon'"),
        ({"Seconds": "0"}, "parameter Seconds is out of its range: 0"),
    ],
)
def test_a_wrong_parameter_is_one_line(values: dict[str, str], line: str) -> None:
    with pytest.raises(CommandError) as raised:
        load(**values)
    assert str(raised.value) == line


def test_a_parameter_must_have_an_allowed_value() -> None:
    declared = {"Size": {"Type": "String", "AllowedValues": ["s", "m"]}}
    with pytest.raises(CommandError, match="Size is one of s, m; not 'l'"):
        parameters.resolve(declared, {"Size": "l"})
    with pytest.raises(CommandError, match="Size has no default"):
        parameters.resolve(declared, {})


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("!Ref Things", "!Ref Thing", "Ref to Thing, which is neither .* Tiny"),
        ("CodeUri: function", "CodeUri: nowhere", "Tiny: there is no folder .*nowhere"),
        ("Handler: !Ref Handler", "Handle: x", "Tiny"),
        ("Runtime: python3.13", "Layer: [}", "it is not YAML"),
        ("Resources:", "Resource:", "it has no Resources"),
    ],
)
def test_a_broken_template_is_one_line(tmp_path: Path, before: str, after: str, line: str) -> None:
    shutil.copytree(TEMPLATE.parent / "function", tmp_path / "function")
    (tmp_path / "layer").mkdir()
    text = TEMPLATE.read_text().replace("../../../layers/runtime", "layer")
    (tmp_path / "template.yaml").write_text(text.replace(before, after, 1))
    with pytest.raises(CommandError, match=line) as raised:
        template.load(template.read(tmp_path / "template.yaml"), tmp_path, {}, ENDPOINTS)
    assert "\n" not in str(raised.value)


def test_a_file_in_no_layer_is_named() -> None:
    with pytest.raises(CommandError, match="Tiny: no layer holds /opt/nothing"):
        load().url_function().layer_file("/opt/nothing")
