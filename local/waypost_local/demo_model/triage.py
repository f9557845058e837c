"""A customer's message, sorted into the categories that the prompt lists."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from waypost_local.bedrock.model import Piece, TextPiece
from waypost_local.demo_model import data, documents
from waypost_local.demo_model.prompts import element, elements
from waypost_local.demo_model.words import content, stem, words

_NAMED = re.compile(r'^"?([\w ]+?)"?\."?([\w ]+?)"?: \'(.+)\'$')
_TELLING = re.compile(
    r"\b(never|again|without|before|after|shows?|showed|writes?|yesterday|today)\b", re.IGNORECASE
)
_NAME = re.compile(r"name|company|title", re.IGNORECASE)
_CUSTOMERS = re.compile(
    r"customer|client|account|compan|user|member|patient|tenant|subscriber", re.IGNORECASE
)
_KEY = re.compile(r"(^|_)id$", re.IGNORECASE)


@dataclass(frozen=True)
class Category:
    name: str
    priority: str
    team: str
    next_step: str
    spoken_for: tuple[str, ...]
    """The words of the message that stand for it."""


@dataclass(frozen=True)
class Mention:
    """A value of the database that the message names."""

    table: str
    column: str
    value: str

    @property
    def sql(self) -> str:
        value = self.value.replace("'", "''")
        return f'SELECT *\nFROM "{self.table}"\nWHERE "{self.column}" = \'{value}\'\nLIMIT 1'


def is_asked(system: str) -> bool:
    return bool(elements(system, "category"))


def answer(
    system: str, message: str, results: Sequence[dict[str, Any]], *, may_look: bool
) -> list[Piece]:
    """A look-up of the customer that the message names, then the sheet."""
    named = _mentioned(system, message) if may_look else None
    if named and not results:
        return data.query(named.sql, 1)
    category = _category(system, message)
    passages = documents.shown(system, message)
    subject = f"{category.name} {' '.join(category.spoken_for)}"
    rules = documents.quoted(passages, [_TELLING.sub("", message)]) or documents.quoted(
        passages, [subject]
    )
    promised = _promise(passages, category.priority)
    customer = _customer(results[-1]) if results else "not named in the message"
    words_for = ", ".join(f'"{word}"' for word in category.spoken_for)
    return [
        TextPiece(
            f"**Category:** {category.name}{f' ({words_for})' if words_for else ''}\n"
            f"**Priority:** {category.priority}{f': {promised}' if promised else ''}\n"
            f"**Customer:** {customer}\n"
            f"**Goes to:** {category.team}\n"
            f"**Next step:** {category.next_step}\n"
            f"**Rules that apply:** {rules or 'none of the passages that were found'}\n"
            "**Reply to the customer:** Thank you for your message. We have passed it on to the "
            f"{category.team.partition(',')[0]}, who will get back to you."
        )
    ]


def _category(system: str, message: str) -> Category:
    """The one whose words the message holds most of; the first where several are level."""
    said = {stem(word): word for word in words(message)}
    best, most = None, -1.0
    for found in elements(system, "category"):
        spoken: list[str] = []
        value = 0.0
        for phrase in found.text.split(","):
            stems = content(phrase)
            if stems and all(one in said for one in stems):
                spoken += [said[one] for one in stems]
                value += len(stems)
        if value > most:
            given = found.attributes
            names = (given.get(name, "") for name in ("name", "priority", "team", "next"))
            best, most = Category(*names, tuple(dict.fromkeys(spoken))), value  # type: ignore[arg-type, call-arg]
    assert best  # noqa: S101
    return best if most > 0 else _last(system)


def _last(system: str) -> Category:
    given = elements(system, "category")[-1].attributes
    return Category(
        given.get("name", ""),
        given.get("priority", ""),
        given.get("team", ""),
        given.get("next", ""),
        (),
    )


def _mentioned(system: str, message: str) -> Mention | None:
    """The longest name of the message that a table of customers holds."""
    values = element(system, "values")
    found = [_NAMED.match(line) for line in values.text.splitlines()] if values else []
    mentions = [Mention(*match.groups()) for match in found if match]
    there = [
        one
        for one in mentions
        if _CUSTOMERS.search(one.table)
        and _NAME.search(one.column)
        and one.value.lower() in message.lower()
    ]
    return max(there, key=lambda one: len(one.value), default=None)


def _customer(result: dict[str, Any]) -> str:
    row = {name: value for name, value in data.first_row(result).items() if value is not None}
    told = [f"{name} {value}" for name, value in row.items() if not _KEY.search(name)]
    called = next((str(value) for name, value in row.items() if _NAME.search(name)), "")
    rest = [one for one in told if not one.endswith(f" {called}")]
    return f"{called} ({', '.join(rest)})" if told else "not found in the database"


def _promise(passages: Sequence[documents.Quoted], priority: str) -> str:
    """The sentence of the rules that begins with this priority."""
    for unit in documents.units(passages):
        if unit.text.lower().startswith(f"{priority.lower()}:"):
            return f"{unit.text.partition(':')[2].strip()} [{unit.passage}]"
    return ""
