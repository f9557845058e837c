"""The examples of docs/clients.md, run with only the address changed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.conftest import NODE, LocalStack, Node

PAGE = Path(__file__).parents[2] / "docs/clients.md"
EXAMPLES = re.findall(r"^```(js|python)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
ADDRESS = "http://127.0.0.1:8080"


def output_of(command: list[str], code: str, stack: LocalStack) -> str:
    assert ADDRESS in code
    done = subprocess.run(
        [*command, code.replace(ADDRESS, stack.url)],
        cwd=NODE,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("code", [code for kind, code in EXAMPLES if kind == "python"])
def test_an_example_in_python_answers(code: str, stack: LocalStack) -> None:
    assert "13 active technicians" in output_of([sys.executable, "-c"], code, stack)


@pytest.mark.parametrize("code", [code for kind, code in EXAMPLES if kind == "js"])
def test_an_example_in_javascript_answers(code: str, node: Node, stack: LocalStack) -> None:
    command = [node.path, "--input-type=module", "--eval"]
    assert "13 active technicians" in output_of(command, code, stack)
