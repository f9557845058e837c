"""What the template's roles may call of Bedrock, for each kind of model id."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from tests.local.conftest import ENDPOINTS
from waypost_local.errors import CommandError
from waypost_local.stack import intrinsics, template

ROOT = Path(__file__).parents[2]
ACCOUNT = "arn:aws:bedrock:us-east-1:123456789012"
APPLICATION = f"{ACCOUNT}:application-inference-profile/a1b2c3d4e5f6"
STREAM = "bedrock:InvokeModelWithResponseStream"
NOVA = "foundation-model/amazon.nova-lite-v1:0"


def allows(statements: list[dict[str, Any]], resource: str, through: str = "") -> bool:
    """Whether IAM lets a call through, with the inference profile that it came through."""
    for statement in statements:
        actions = statement["Action"]
        resources = statement["Resource"]
        condition = statement.get("Condition", {}).get("StringEquals", {})
        profiles = condition.get("bedrock:InferenceProfileArn")
        if (
            STREAM in ([actions] if isinstance(actions, str) else actions)
            and any(fnmatchcase(resource, pattern) for pattern in resources)
            and (profiles is None or through in profiles)
        ):
            return True
    return False


def statements(**values: str) -> list[dict[str, Any]]:
    stack = template.load(template.read(ROOT / "template.yaml"), ROOT, values, ENDPOINTS)
    document = stack.resources["ModelPolicy"]["Properties"]["PolicyDocument"]
    found: list[dict[str, Any]] = document["Statement"]
    return found


@pytest.mark.parametrize(
    ("model", "profile", "behind"),
    [
        (
            "us.amazon.nova-lite-v1:0",
            f"{ACCOUNT}:inference-profile/us.amazon.nova-lite-v1:0",
            f"arn:aws:bedrock:us-west-2::{NOVA}",
        ),
        (
            "global.amazon.nova-lite-v1:0",
            f"{ACCOUNT}:inference-profile/global.amazon.nova-lite-v1:0",
            f"arn:aws:bedrock:::{NOVA}",
        ),
        (APPLICATION, APPLICATION, f"arn:aws:bedrock:us-east-1::{NOVA}"),
    ],
)
def test_a_model_behind_a_profile_is_called_only_through_it(
    model: str, profile: str, behind: str
) -> None:
    granted = statements(ModelId=model, RouterModelId=model, FallbackModelId="")

    assert allows(granted, profile)
    assert allows(granted, behind, through=profile)
    assert not allows(granted, behind)
    assert not allows(granted, behind, through=f"{ACCOUNT}:inference-profile/us.other")
    assert not allows(granted, f"{ACCOUNT}:inference-profile/us.other")


def test_a_model_without_a_profile_is_called_itself() -> None:
    granted = statements(
        ModelId="amazon.nova-lite-v1:0", RouterModelId="amazon.nova-lite-v1:0", FallbackModelId=""
    )
    assert allows(granted, f"arn:aws:bedrock:us-east-1::{NOVA}")
    assert not allows(granted, f"arn:aws:bedrock:us-west-2::{NOVA}")
    assert not allows(granted, "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0")


def test_more_models_are_called_by_their_arns() -> None:
    granted = statements(ModelArns=APPLICATION)
    assert allows(granted, APPLICATION)
    assert allows(granted, f"arn:aws:bedrock:us-east-1::{NOVA}", through=APPLICATION)
    assert not allows(statements(), APPLICATION)


@pytest.mark.parametrize("name", ["ModelId", "RouterModelId", "FallbackModelId"])
def test_a_profile_of_the_us_is_refused_in_frankfurt(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = {
        "ModelId": "eu.amazon.nova-lite-v1:0",
        "RouterModelId": "eu.amazon.nova-micro-v1:0",
        "FallbackModelId": "",
    }
    statements(**others)
    monkeypatch.setitem(intrinsics.PSEUDO_PARAMETERS, "AWS::Region", "eu-central-1")
    statements(**others)
    with pytest.raises(CommandError, match=f"{name} is an inference profile of the US"):
        statements(**{**others, name: "us.amazon.nova-lite-v1:0"})
