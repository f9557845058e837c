"""The chosen sentences put together, each with its citation."""

import re
from collections.abc import Sequence
from dataclasses import replace

from waypost_local.demo_model.documents.passages import Quoted
from waypost_local.demo_model.documents.score import Scored, score
from waypost_local.demo_model.documents.units import Unit, readable, units
from waypost_local.demo_model.thesaurus import near
from waypost_local.demo_model.words import content, stem, words

_LEAST = 0.42
"""Less of the question than this in the best sentence and its headings is no answer."""
_NOTHING = "The documents hold nothing on this."
_ELSEWHERE = "The passages that were found do not answer this: none of them speaks of {word}."
_UNANSWERED = "The passages that were found do not answer this."
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
_APART = 0.4
_LONG_TITLE = 80
_UNTITLED = {False: 1.0, True: 0.3}
"""What a sentence counts, and what a title does, which answers nothing."""
_A_NAMED_ONE = re.compile(
    r"\b([A-Z]\w+) (?:plan|version|edition|tier|package|account|office|model)\b"
)
_PRICE = re.compile(r"\b(how much|costs?|prices?|fees?)\b", re.IGNORECASE)
_CURRENCY = re.compile(r"[$\u20ac\u00a3]\s?\d")
_WHY = re.compile(r"\W*(why|how come)\b", re.IGNORECASE)
_REASON = re.compile(r"\b(because|since|so that|reasons?|due to|caused?|causes)\b", re.IGNORECASE)
_HOW_MANY = re.compile(r"\bhow many (\w+)", re.IGNORECASE)
_NUMBERED = re.compile(r"\d[\d.,]*(?: \w+){0,2}? (\w+)")
_LISTING = re.compile(
    r"\b(what|which|list|name)\b.*\b(rules|steps|reasons|things|options|plans|exceptions|"
    r"restrictions|requirements|conditions|uses|types|kinds|ways|documents|information|included|"
    r"covered|include|includes|contain|need|provide|purposes|rights|responsibilities|prices"
    r"|benefits|accounts|products|services)\b|"
    r"\bwhat (happens|do i (need|have to))\b|\bsteps\b|\b(all|list) (of )?the\b",
    re.IGNORECASE,
)
_CONTENTS = re.compile(
    r"\bwhat (must|should|does|do|has|have|needs?)\b.*\b(include|contain|consist|state|say"
    r"|to be in)\b",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"^(it|they|this|that|these|those|he|she|such|in other words|however|then|also|if not|"
    r"otherwise|later than that|after that|but|and|so|for example)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(not|never|no|nobody|cannot|can['\u2019]t|won['\u2019]t|don['\u2019]t|isn['\u2019]t"
    r"|forbidden|"
    r"prohibited|aren['\u2019]t|doesn['\u2019]t|only|except|unless|without)\b",
    re.IGNORECASE,
)
_MOST_UNITS = 4
_SECTION = 900


def answer(passages: Sequence[Quoted], asked: Sequence[str]) -> str:
    """The answer to the last question; a question that leans on the one before is read with it."""
    if text := quoted(passages, asked):
        return text
    missing = next(iter(_missing(passages, asked)), "")
    if missing and passages:
        return _ELSEWHERE.format(word=f"\u201c{missing}\u201d")
    return _UNANSWERED if passages else _NOTHING


def _missing(passages: Sequence[Quoted], asked: Sequence[str]) -> list[str]:
    """The words of the question that no passage holds, as they stand there."""
    there = frozenset().union(*(held(passage) for passage in passages))
    strange = uncovered(asked[-1], there)
    return [word for word in words(asked[-1]) if stem(word) in strange]


def held(passage: Quoted) -> frozenset[str]:
    """The stems of a passage, its headings and its document's name."""
    parts = [
        part
        for word in words(f"{passage.place} {passage.text}")
        for part in (word, *re.split(r"[-/.]", word))
    ]
    return frozenset(stem(part) for part in parts if part)


def uncovered(question: str, there: frozenset[str]) -> list[str]:
    """Stems of what a question is about that are not there, nor a word near to them."""
    return [
        word
        for word in content(question)
        if word not in there and word not in _GENERIC and not near(word) & there
    ]


def quoted(passages: Sequence[Quoted], asked: Sequence[str]) -> str:
    """What of the passages answers the last question; nothing where none does.

    A passage answers where it speaks of all that the question is about.
    """
    question = asked[-1]
    found = units(passages)
    covering = _covering(passages, question)
    titled = {passage.index: _titled(question, passage) for passage in passages}
    scored = [
        replace(one, value=one.value * titled[one.unit.passage] * _UNTITLED[_is_title(one.unit)])
        for one in score(question, found, leaned_on(asked))
    ]
    able = [
        one
        for one in scored
        if one.unit.passage in covering
        and one.value > 0
        and one.whole >= _LEAST
        and _touches(one)
        and _counts(question, one.unit)
        and _close_by(question, scored, one)
    ]
    if _PRICE.search(question) and any(_CURRENCY.search(one.unit.text) for one in able):
        able = [one for one in able if _CURRENCY.search(one.unit.text)]
    if _WHY.match(question):
        able = [one for one in able if _REASON.search(one.unit.text)]
    if not able:
        return ""
    best = max(able, key=lambda one: one.value)
    chosen = _chosen(question, scored, best)
    return _lead(asked[-1], chosen[0], best) + _written(chosen)


def _covering(passages: Sequence[Quoted], question: str) -> set[int]:
    """The passages that speak of all that is asked about; else of all but one word of four.

    A name, which is written with a capital, is never the one that may be missing.
    """
    strange = {passage.index: uncovered(question, held(passage)) for passage in passages}
    if whole := {index for index, missing in strange.items() if not missing}:
        return whole
    names = _names(question)
    asked = [word for word in content(question) if word not in _GENERIC]
    return {
        index
        for index, missing in strange.items()
        if len(missing) == 1 and len(asked) > _PER_MISSING_WORD and missing[0] not in names
    }


def _close_by(question: str, scored: list[Scored], best: Scored) -> bool:
    """Most of what is asked about stands in the sentence, beside it or above it."""
    asked = [word for word in content(question) if word not in _GENERIC]
    around = [
        one.unit.text
        for one in scored
        if abs(one.unit.order - best.unit.order) <= 1 and one.unit.passage == best.unit.passage
    ]
    unit = best.unit
    text = " ".join([*around, unit.heading, unit.lead, re.sub(r"[/._-]", " ", unit.document)])
    missing = uncovered(question, frozenset(stem(word) for word in words(text)))
    named = {stem(name) for name in _A_NAMED_ONE.findall(question)}
    return not set(missing) & named and len(missing) <= len(asked) * _APART


def _names(question: str) -> set[str]:
    """Stems of words with a capital that does not begin the question."""
    return {stem(word) for word in words(question)[1:] if word[:1].isupper()}


def _is_title(unit: Unit) -> bool:
    """A line of its own that ends without a full stop, as text files have them for headings."""
    return unit.kind == "sentence" and unit.text[-1:].isalnum() and len(unit.text) < _LONG_TITLE


def _titled(question: str, passage: Quoted) -> float:
    """From 1 to 1.5, by how much of the question the headings and the file's name hold."""
    asked = [word for word in content(question) if word not in _GENERIC]
    missing = uncovered(question, frozenset(stem(word) for word in words(passage.place)))
    return 1.5 - 0.5 * len(missing) / max(1, len(asked))


def _counts(question: str, unit: Unit) -> bool:
    """Where it is asked how many of something there are, a number of those stands in it."""
    asked = _HOW_MANY.search(question)
    if asked is None or re.match(r"(minute|hour|day|week|month|year|time)s?$", asked[1], re.I):
        return True
    return any(stem(word) == stem(asked[1]) for word in _NUMBERED.findall(unit.text))


def leaned_on(asked: Sequence[str]) -> str:
    """The question before, where the last one is too short to stand alone."""
    leaning = len(content(asked[-1])) <= 2 and len(words(asked[-1])) <= 6
    return asked[-2] if leaning and len(asked) > 1 else ""


def _touches(best: Scored) -> bool:
    return best.covered > 0.15 or best.whole > 0.55


def _chosen(question: str, scored: list[Scored], best: Scored) -> list[Unit]:
    section = [one for one in scored if _same_section(one.unit, best.unit)]
    if _asks_for_section(question, best.unit):
        whole = section if _size(section) <= _SECTION else _heads(section)
        if _size(whole) <= _SECTION * 1.5:
            return [one.unit for one in whole]
    if best.unit.kind == "item" and _CONTENTS.search(question):
        return [one.unit for one in section if one.unit.lead == best.unit.lead][:12]
    if best.unit.kind == "item" and _LISTING.search(question) and _listed_together(section, best):
        return [one.unit for one in section if one.unit.lead == best.unit.lead][:12]
    if best.unit.text.endswith(":"):
        items = [one.unit for one in section if one.unit.lead == best.unit.text]
        return [best.unit, *items[:12]]
    close = sorted(scored, key=lambda one: -one.value)[:8]
    picked = [one.unit for one in close if _as_good(one, best)][: _MOST_UNITS - 1]
    if best.unit not in picked:
        picked.insert(0, best.unit)
    picked += _beside(scored, best)
    if best.unit.kind == "sentence" and best.unit.lead:
        picked += [one.unit for one in section if one.unit.text == best.unit.lead]
    ordered = sorted(set(picked), key=lambda unit: (unit.passage != best.unit.passage, unit.order))
    return _with_antecedents(ordered, scored)


def _as_good(one: Scored, best: Scored) -> bool:
    same = one.unit.passage == best.unit.passage
    return one.value >= (0.75 if same else 0.65) * best.value and not one.unit.text.endswith("?")


def _same_section(one: Unit, other: Unit) -> bool:
    return one.passage == other.passage


def _asks_for_section(question: str, unit: Unit) -> bool:
    """The question names the section itself, and asks for no detail of it."""
    asked = set(content(question))
    heading = set(content(unit.heading.rpartition(" > ")[2]))
    told = {"rule", "polic", "policy", "procedur", "guidelin", "proces", "process", "term"}
    return bool(asked) and asked <= heading | told and bool(asked & heading)


def _heads(section: list[Scored]) -> list[Scored]:
    """A long section without what its list items go on to say."""
    return [one for one in section if one.unit.kind != "sentence" or not one.unit.lead]


def _size(section: list[Scored]) -> int:
    return sum(len(one.unit.text) for one in section)


def _listed_together(section: list[Scored], best: Scored) -> bool:
    """The list as a whole answers: its introduction does, or several of its items."""
    items = [one for one in section if one.unit.lead == best.unit.lead and one.unit.kind == "item"]
    level = [one for one in items if one.value >= 0.8 * best.value]
    return len(items) > 1 and len(level) >= max(2, len(items) // 2)


def _beside(scored: list[Scored], best: Scored) -> list[Unit]:
    """The next sentence, where it goes on about the same."""
    after = next((one for one in scored if one.unit.order == best.unit.order + 1), None)
    if after is None or after.unit.passage != best.unit.passage or after.unit.kind != "sentence":
        return []
    goes_on = _BACK.match(after.unit.text) or after.value >= 0.5 * best.value
    return [after.unit] if goes_on and len(after.unit.text) < 300 else []


def _with_antecedents(chosen: list[Unit], scored: list[Scored]) -> list[Unit]:
    by_order = {one.unit.order: one.unit for one in scored}
    found: dict[int, Unit] = {}
    for unit in chosen:
        before = by_order.get(unit.order - 1)
        if (
            _BACK.match(unit.text)
            and before
            and before.passage == unit.passage
            and before.kind == "sentence"
        ):
            found.setdefault(before.order, before)
        found.setdefault(unit.order, unit)
    return list(found.values())


def _lead(question: str, first: Unit, best: Scored) -> str:
    """`Yes` or `No` only where one sentence says so in so many words."""
    asks = re.match(
        r"\s*(can|may|is|are|do|does|am|will|must)\s+(i|you|we|a|the|my|our|it)\b", question, re.I
    )
    if not asks or best.unit != first or best.covered < 0.7 or _DENIED.search(question):
        return ""
    if re.search(
        r"\b(cannot|can['\u2019]t|may not|must not|forbidden|never|not allowed)\b", first.text
    ):
        return "No: "
    positive = re.search(r"\b(you can|can|may|yes|allowed|we do|we comply)\b", first.text, re.I)
    return "Yes: " if positive and not _DENIED.search(first.text) else ""


def _written(chosen: list[Unit]) -> str:
    """Sentences as running text, items and rows as a list under what introduces them."""
    blocks: list[str] = []
    running = ""
    lead = ""
    sentences = {unit.text for unit in chosen if unit.kind == "sentence"}
    for unit in chosen:
        cited = f"{unit.text} [{unit.passage}]"
        if unit.kind == "sentence":
            running = f"{running} {cited}" if running else cited
            lead = unit.text
            continue
        if unit.lead and unit.lead != lead and unit.lead not in sentences:
            introduced = f"{readable(unit.lead)} [{unit.passage}]"
            running = f"{running} {introduced}" if running else introduced
        lead = unit.lead
        if running:
            blocks.append(running + "\n")
            running = ""
        mark = unit.number if unit.number[:1].isdigit() else "-"
        blocks.append(f"{mark} {cited}")
    if running:
        blocks.append(("\n" if blocks else "") + running)
    return "\n".join(blocks)
