"""The template's resources as plain data, its intrinsics as `{"Ref": …}` and the like."""

import functools
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]


class _Loader(yaml.SafeLoader):
    pass


def _tagged(loader: Any, suffix: str, node: Any) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    sequence = isinstance(node, yaml.SequenceNode)
    build = loader.construct_sequence if sequence else loader.construct_mapping
    return {suffix: build(node, deep=True)}


_Loader.add_multi_constructor("!", _tagged)


@functools.cache
def resources() -> dict[str, Any]:
    text = (ROOT / "template.yaml").read_text()
    found: dict[str, Any] = yaml.load(text, _Loader)["Resources"]
    return found


def table_definition() -> dict[str, Any]:
    """What `create_table` needs of the template's table."""
    properties = resources()["Table"]["Properties"]
    names = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    return {name: properties[name] for name in names}
