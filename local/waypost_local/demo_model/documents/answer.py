"""The chosen sentences put together, each with its citation."""

import re
from collections.abc import Sequence

from waypost_local.demo_model.documents.passages import Quoted
from waypost_local.demo_model.documents.score import Scored, score, stems_of
from waypost_local.demo_model.documents.units import Unit, readable, units
from waypost_local.demo_model.thesaurus import near
from waypost_local.demo_model.words import content, stem, words

_LEAST = 0.42
"""Less of the question than this in the best sentence and its headings is no answer."""
_NOTHING = "The documents hold nothing on this."
_ELSEWHERE = "The passages that were found do not answer this: none of them speaks of {word}."
_UNANSWERED = "The passages that were found do not answer this."
_DISAGREE = "The documents do not agree on this."
_ALIKE = 0.6
"""The share of their words that two sentences have in common where they say the same."""
_GENERIC = frozenset(
    content(
        "rule policy happen company people person thing way tell explain question exact long high "
        "day week month hour year time allow possible employee staff customer rights information "
        "kind sort type give use make take mean put offer describe detail summary matter available "
        "sure big small amount number much many short fast quick good best normal usually apply "
        "guarantee currently receive received twice like send open require needed last same "
        "must say fix my"
    )
)
"""Words that ask, and do not say what about."""
_PER_MISSING_WORD = 2
_HOW_MANY = re.compile(r"\bhow many (\w+)", re.IGNORECASE)
_TIMES = re.compile(r"(minute|hour|day|week|month|year|time)s?$", re.IGNORECASE)
_NUMBERED = re.compile(r"\d[\d.,]*(?: \w+){0,2}? (\w+)")
_LISTING = re.compile(
    r"\b(what|which|list|name)\b.*\b(rules|steps|reasons|things|options|plans|exceptions|"
    r"requirements|conditions|uses|types|kinds|ways|documents|information|included|covered|"
    r"includes?|contains?|need|provide|purposes|rights|prices|benefits|services)\b|"
    r"\bwhat (happens|do i (need|have to))\b|\b(all|list) (of )?the\b",
    re.IGNORECASE,
)
_CONTENTS = re.compile(r"\bwhat (must|should|does|do|has|have)\b.*\b(include|contain|say|be in)\b")
_BACK = re.compile(
    r"^(it|they|this|that|these|those|he|she|such|however|then|also|if not|otherwise|after that|"
    r"later than that|but|and|so|for example)\b",
    re.IGNORECASE,
)
_MOST_UNITS = 3
_MOST_ITEMS = 12
_SECTION = 1350
"""Characters of a section that is quoted as a whole."""


def answer(passages: Sequence[Quoted], asked: Sequence[str]) -> str:
    """The answer to the last question; a question that leans on the one before is read with it."""
    if text := quoted(passages, asked):
        return text
    if not passages:
        return _NOTHING
    strange = uncovered(asked[-1], frozenset().union(*map(_held, passages)))
    missing = next((word for word in words(asked[-1]) if stem(word) in strange), "")
    return _ELSEWHERE.format(word=f"\u201c{missing}\u201d") if missing else _UNANSWERED


def quoted(passages: Sequence[Quoted], asked: Sequence[str]) -> str:
    """What of the passages answers the last question; nothing where none does.

    A passage answers where it speaks of all that the question is about.
    """
    question = asked[-1]
    covering = _covering(passages, question)
    scored = score(question, units(passages), leaned_on(asked))
    able = [
        one
        for one in scored
        if one.unit.passage in covering
        and one.whole >= _LEAST
        and not _is_title(one.unit)
        and _counts(question, one.unit)
    ]
    if not able:
        return ""
    best = max(able, key=lambda one: one.value)
    if other := next((one for one in able if _contradict(best, one)), None):
        return f"{_DISAGREE}\n\n{_written([best.unit])}\n\n{_written([other.unit])}"
    return _written(_chosen(question, scored, best))


def _contradict(best: Scored, other: Scored) -> bool:
    """Two documents say the same with other numbers."""
    one, two = stems_of(best.unit.text), stems_of(other.unit.text)
    first, second = ({word for word in said if word[:1].isdigit()} for said in (one, two))
    alike = len((one & two) - first) >= _ALIKE * max(len(one - first), len(two - second))
    apart = best.unit.document != other.unit.document and first and second and not first & second
    return bool(apart) and alike


def leaned_on(asked: Sequence[str]) -> str:
    """The question before, where the last one is too short to stand alone."""
    leaning = len(content(asked[-1])) <= 2 and len(words(asked[-1])) <= 6
    return asked[-2] if leaning and len(asked) > 1 else ""


def uncovered(question: str, there: frozenset[str]) -> list[str]:
    """Stems of what a question is about that are not there, nor a word near to them."""
    asked = (word for word in content(question) if word not in _GENERIC)
    return [word for word in asked if word not in there and not near(word) & there]


def _held(passage: Quoted) -> frozenset[str]:
    return stems_of(f"{passage.place} {passage.text}")


def _covering(passages: Sequence[Quoted], question: str) -> set[int]:
    """The passages that speak of all that is asked about; else of all but one word of three.

    A name, which is written with a capital, is never the one that may be missing.
    """
    strange = {passage.index: uncovered(question, _held(passage)) for passage in passages}
    if whole := {index for index, missing in strange.items() if not missing}:
        return whole
    names = {stem(word) for word in words(question)[1:] if word[:1].isupper()}
    asked = [word for word in content(question) if word not in _GENERIC]
    if len(asked) <= _PER_MISSING_WORD:
        return set()
    return {n for n, missing in strange.items() if len(missing) == 1 and missing[0] not in names}


def _is_title(unit: Unit) -> bool:
    """A line of its own that ends without a full stop, as text files have them for headings."""
    return unit.kind == "sentence" and unit.text[-1:].isalnum() and len(unit.text) < 80


def _counts(question: str, unit: Unit) -> bool:
    """Where it is asked how many of something there are, a number of those stands in it."""
    asked = _HOW_MANY.search(question)
    if asked is None or _TIMES.match(asked[1]):
        return True
    return any(stem(word) == stem(asked[1]) for word in _NUMBERED.findall(unit.text))


def _chosen(question: str, scored: Sequence[Scored], best: Scored) -> list[Unit]:
    """What is quoted: a section or a list that is asked for, else the best sentences."""
    section = [one.unit for one in scored if one.unit.passage == best.unit.passage]
    whole = _names_section(question, best.unit) or question.rstrip().endswith((".", "!"))
    if whole and sum(len(u.text) for u in section) <= _SECTION:
        return section
    if best.unit.text.endswith(":"):
        return [best.unit, *(u for u in section if u.lead == best.unit.text)][: _MOST_ITEMS + 1]
    steps = best.unit.number[:1].isdigit()
    if best.unit.kind == "item" and (steps or _asks_for_list(question, scored, best)):
        return [unit for unit in section if unit.lead == best.unit.lead][:_MOST_ITEMS]
    close = sorted((one for one in scored if _as_good(one, best)), key=lambda one: -one.value)
    picked = {one.unit for one in close[:_MOST_UNITS]} | {best.unit}
    by_order = {one.unit.order: one for one in scored if one.unit.kind == "sentence"}
    after = by_order.get(best.unit.order + 1)
    if after and after.unit in section:
        goes_on = _BACK.match(after.unit.text) or after.value >= 0.5 * best.value
        picked |= {after.unit} if goes_on and len(after.unit.text) < 300 else set()
    for unit in list(picked):
        before = by_order.get(unit.order - 1)
        if before and before.unit.passage == unit.passage and _BACK.match(unit.text):
            picked.add(before.unit)
    return sorted(picked, key=lambda unit: (unit.passage != best.unit.passage, unit.order))


def _as_good(one: Scored, best: Scored) -> bool:
    same = one.unit.passage == best.unit.passage
    return one.value >= (0.75 if same else 0.65) * best.value and not one.unit.text.endswith("?")


def _names_section(question: str, unit: Unit) -> bool:
    """The question names the section itself, and asks for no detail of it."""
    asked, heading = set(content(question)), set(content(unit.heading.rpartition(" > ")[2]))
    told = set(content("rule policy procedure guideline process term"))
    return asked <= heading | told and bool(asked & heading)


def _asks_for_list(question: str, scored: Sequence[Scored], best: Scored) -> bool:
    """A list is asked for, and as a whole it answers: several of its items do."""
    if _CONTENTS.search(question.lower()):
        return True
    items = [one for one in scored if one.unit.lead == best.unit.lead and one.unit.kind == "item"]
    level = [one for one in items if one.value >= 0.8 * best.value]
    return bool(_LISTING.search(question)) and len(level) >= max(2, len(items) // 2)


def _written(chosen: Sequence[Unit]) -> str:
    """Sentences as running text, items and rows as a list under what introduces them."""
    blocks: list[str] = []
    running: list[str] = []
    sentences = {unit.text for unit in chosen if unit.kind == "sentence"}
    lead = ""
    for unit in chosen:
        cited = f"{unit.text} [{unit.passage}]"
        if unit.kind == "sentence":
            running.append(cited)
            continue
        if unit.lead not in {"", lead} | sentences:
            running.append(f"{readable(unit.lead)} [{unit.passage}]")
        lead = unit.lead
        if running:
            blocks.append(" ".join(running) + "\n")
            running = []
        blocks.append(f"{unit.number if unit.number[:1].isdigit() else '-'} {cited}")
    if running:
        blocks.append(("\n" if blocks else "") + " ".join(running))
    return "\n".join(blocks)
