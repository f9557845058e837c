"""Rows by other rows of the same table: who reports to whom."""

from waypost_local.demo_model.data import graph
from waypost_local.demo_model.data.query import Condition, Kin
from waypost_local.demo_model.data.said import Said


def kin_of(said: Said, about: str) -> Kin | None:
    """`who reports to X`, `X's manager`, within one table."""
    column = graph.self_reference(said.schema, about)
    if column is None:
        return None
    person = next(
        (v for v in said.links.values if any(c[0].table == about for c, _ in v.options)), None
    )
    conditions: tuple[Condition, ...] = ()
    if person:
        columns, text = next(o for o in person.options if o[0][0].table == about)
        conditions = (Condition(columns, "=", (text,)),)
    if said.has(
        r"\breport(s|ing)? (directly )?to\b|\bmanaged by\b|\bsupervised by\b|\bwork(s|ing)? "
        r"(under|for)\b|\bsubordinates?\b|\bunder\b|\bdirect reports\b"
    ):
        if said.has(
            r"\b(do|does|did)\b.*\breports? (directly )?to\W*$|^who(m)? (is"
            r"|does)\b.*\breport(ing)? to\W*$"
        ):
            below = False
        else:
            below = True
    elif said.has(
        r"\b(managers?|boss(es)?|supervisors?|superiors?) of\b|'s? (manager|boss|supervisor"
        r"|superior)\b"
    ) or said.has(r"\bwho (manages?|supervises?|leads?)\b"):
        below = False
    elif said.has(r"\bwho (does|do|did) .* (manage|supervise|lead)\b|\b(manages|supervises)\b"):
        below = True
    else:
        return None
    if not conditions and not (
        said.has(r"\b(managers?|boss)\b|\bno one\b|\bnobody\b|manages? (other|anyone)")
    ):
        return None
    said.use(person)
    return Kin(column, below, conditions)
