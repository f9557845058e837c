"""The deployed packages hold the definitions of every AWS service that is called."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_each_service_that_is_called_is_shipped() -> None:
    makefile = (ROOT / "layers/dependencies/Makefile").read_text()
    found = re.search(r"^SERVICES := (.+)$", makefile, re.MULTILINE)
    assert found
    sources = [*ROOT.glob("layers/core/**/*.py"), *ROOT.glob("functions/**/*.py")]
    called = {
        name
        for path in sources
        for name in re.findall(r'client\(\s*"([a-z0-9-]+)"', path.read_text())
    }
    assert {"bedrock", "bedrock-runtime", "dynamodb", "s3", "scheduler"} <= called
    assert called <= set(found[1].split())
