"""The stack's template, checked by the tools that deploy it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import template
from waypost.knowledge import index
from waypost.knowledge.documents import listed
from waypost.knowledge.index_files import PREBUILT

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def tool(*command: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    return template.resources()


@pytest.mark.slow
def test_sam_validates_the_template() -> None:
    result = tool(str(BIN / "sam"), "validate", "--lint")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
def test_cfn_lint_accepts_the_template() -> None:
    result = tool(str(BIN / "cfn-lint"), "template.yaml")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_url_has_both_of_its_permissions(resources: dict[str, Any]) -> None:
    actions = {
        r["Properties"]["Action"]
        for r in resources.values()
        if r["Type"] == "AWS::Lambda::Permission"
    }
    assert actions == {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}


def test_no_permission_but_tracing_is_for_everything(resources: dict[str, Any]) -> None:
    roles = [r["Properties"] for r in resources.values() if r["Type"] == "AWS::IAM::Role"]
    wide = {
        statement["Sid"]
        for role in roles
        for policy in role.get("Policies", ())
        for statement in policy["PolicyDocument"]["Statement"]
        if "*"
        in str(statement["Resource"])
        .replace("${Bucket.Arn}/*", "")
        .replace("${Bucket.Arn}/schedules/*", "")
        .replace("${Bucket.Arn}/jobs/*", "")
        .replace("${ScheduleGroup}/schedule_*", "")
        or any("*" in action for action in statement["Action"])
    }
    assert len(roles) == 5
    assert wide == {"Traces"}


def test_the_table_survives_mistakes(resources: dict[str, Any]) -> None:
    table = resources["Table"]
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    properties = table["Properties"]
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["TimeToLiveSpecification"]["AttributeName"] == "expires_at"


@pytest.mark.slow
@pytest.mark.skipif(
    not shutil.which("python3.13") and not list(Path.home().glob(".pyenv/versions/3.13*")),
    reason="building for Lambda needs Python 3.13",
)
def test_the_stack_builds_and_stays_small(tmp_path: Path) -> None:
    env = {**os.environ, "SAM_CLI_TELEMETRY": "0", "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    command = [str(BIN / "sam"), "build", "--build-dir", str(tmp_path), "--region", "us-east-1"]
    result = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 100_000_000
    modules = [p for p in files if p.suffix == ".py" and "waypost" in p.parts]
    assert modules
    assert all((p.parent / "__pycache__" / f"{p.stem}.cpython-313.pyc").exists() for p in modules)
    assert (tmp_path / "RuntimeLayer/waypost").stat().st_mode & 0o111
    assert (tmp_path / "CoreLayer/agents/sql.md").exists()
    assert (tmp_path / "CoreLayer/demo/company.sqlite").exists()
    documents = tmp_path / "CoreLayer/demo/documents"
    assert index.is_of(documents / PREBUILT, listed(documents))
