"""Each operation answers as its OpenAPI description says, and refuses what that does not allow."""

from typing import Any

import hypothesis
import schemathesis
from schemathesis.checks import CHECKS

from tests.description.conftest import ROOT
from waypost.settings import Settings
from waypost_chat.factory import create

DESCRIPTION = create(
    Settings.from_env(
        {"WAYPOST_TABLE": "t", "WAYPOST_MODEL": "m", "WAYPOST_AGENTS": str(ROOT / "agents")}
    )
).openapi()
SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION)
SCHEMA.config.phases.coverage.enabled = False
EXCLUDED: list[Any] = [CHECKS.get_one("positive_data_acceptance")]


@SCHEMA.parametrize()
@hypothesis.settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_an_operation_conforms_to_its_description(case: schemathesis.Case[Any], url: str) -> None:
    case.call_and_validate(base_url=url, excluded_checks=EXCLUDED, timeout=30)
