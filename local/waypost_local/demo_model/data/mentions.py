"""What a part of a question may name: a table, a column, a value."""

import re
from dataclasses import dataclass

from waypost_local.demo_model.data.schema import Column, PromptTable

GRAMMAR = frozenset(
    re.findall(
        r"\S+",
        "how many much what which who whom whose when where why is are was were be been do "
        "does did "
        "has have had the a an of in on at by for from to with without and or not no never than "
        "more less most least fewest few fewer top bottom best worst highest lowest largest "
        "smallest longest shortest oldest newest latest earliest cheapest average mean maximum "
        "minimum max min list show all any each every per number count distinct different unique "
        "our we us you they their them there it its this that these those between over under above "
        "below since before after during last first next year month week day quarter today only "
        "please give tell me i can could would should other than except excluding "
        "group grouped order ordered sort sorted into so as up out off own new old big high low "
        "long short many lot lots total sum overall altogether percent percentage share s",
    )
)


@dataclass(frozen=True)
class TableLink:
    first: int
    last: int
    """Token numbers, `last` included."""
    tables: tuple[PromptTable, ...]
    via: Column | None = None
    """The key column whose name was said, such as a support rep among employees."""
    exact: bool = True


@dataclass(frozen=True)
class ColumnLink:
    first: int
    last: int
    columns: tuple[Column, ...]
    exact: bool = True


@dataclass(frozen=True)
class ValueLink:
    first: int
    last: int
    options: tuple[tuple[tuple[Column, ...], str], ...]
    """Columns (two for a person's whole name) with the value as it is stored."""
    negated: bool = False
    guessed: bool = False
    """No value of the database that was shown: a name that the question says, in part perhaps."""


Link = TableLink | ColumnLink | ValueLink
