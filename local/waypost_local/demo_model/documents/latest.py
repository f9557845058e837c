"""What is new, as such: the dated passages of whole documents, the newest first."""

import re
from datetime import date

from waypost_local.demo_model.documents.passages import Quoted, everything
from waypost_local.demo_model.documents.units import Unit, units
from waypost_local.demo_model.prompts import element
from waypost_local.demo_model.words import content

_MOST = 6
_NONE = "The documents hold no news: nothing in them is dated."
_MONTHS = "January February March April May June July August September October November December"
_DATE = re.compile(rf"\b(?:(\d\d?) )?({_MONTHS.replace(' ', '|')}) ((?:19|20)\d\d)\b")
_ASKED = re.compile(r"\b(news|new|announc\w+|headlines?|bulletins?|happened)\b", re.IGNORECASE)
_NEWS_WORDS = frozenset(
    content(
        "news new latest newest recent recently announcement announced headline bulletin happen "
        "happened company summarise summary development update anything something this"
    )
)


def latest(system: str, question: str) -> str:
    """A line for each piece of news, or nothing where news as such was not asked for.

    What else the question names, such as a season, stands in the passages' headings.
    """
    if not _ASKED.search(question):
        return ""
    named = set(content(question)) - _NEWS_WORDS
    whole = element(system, "documents")
    told = everything(whole.inner) if whole else []
    passages = [p for p in told if named <= set(content(p.place))]
    dated = [(when, unit) for p in passages if (unit := _first(p)) and (when := _when(unit.text))]
    dated.sort(key=lambda pair: pair[0], reverse=True)
    lines = "\n".join(f"- {unit.text} [{unit.passage}]" for _, unit in dated[:_MOST])
    return lines or ("" if named or not told else _NONE)


def _first(passage: Quoted) -> Unit | None:
    return next((unit for unit in units([passage]) if _when(unit.text)), None)


def _when(text: str) -> date | None:
    found = _DATE.search(text)
    if found is None:
        return None
    month = _MONTHS.split().index(found[2]) + 1
    return date(int(found[3]), month, min(int(found[1] or 1), 28))
