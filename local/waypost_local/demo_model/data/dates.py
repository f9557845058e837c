"""Times that a question names, as half-open ranges of days."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = {name.lower(): n for n, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): n for n, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_MONTH = r"(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_YEAR = r"(?:19|20)\d\d"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_POINT = (
    rf"(?:{_YEAR}-\d\d-\d\d|{_MONTH} {_DAY},? {_YEAR}|{_DAY} (?:of )?{_MONTH},? {_YEAR}|{_MONTH},? "
    rf"(?:of )?{_YEAR}|{_YEAR}-\d\d\b|q[1-4],? (?:of )?{_YEAR}|{_YEAR} q[1-4]|{_YEAR}\b|"
    rf"{_MONTH}(?= |$|\?|,)(?! \d))"
)
_SPAN = re.compile(
    rf"\b(?:between|from) ({_POINT}) (?:and|to|until|till|through) ({_POINT})|"
    rf"\b({_YEAR}) ?[-\u2013] ?({_YEAR})\b",
    re.I,
)
_BOUND = re.compile(
    rf"\b(since|after|before|until|till|prior to|up to|by|later than|earlier than|"
    rf"starting(?: in| from)?|from(?=[^?.,]* on(?:wards?)?\b)) "
    rf"(?:the )?(?:year )?({_POINT})(?: on(?:wards?)?)?",
    re.I,
)
_IN = re.compile(
    rf"(?:\b(in|during|for|of|on|within|throughout|from)\s+)?(?:the )?(?:year )?\b({_POINT})", re.I
)
_COMPARED = re.compile(r"\b(over|above|below|under|than|exceeds?|exceeding|least|most) \W?$", re.I)
"""Before four digits that are an amount, and no year."""
_COUNT = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "ten": 10,
    "twelve": 12,
    "thirty": 30,
    "ninety": 90,
}
_RELATIVE = re.compile(
    r"\b(?:in |during |over |for |within |of )?(?:the )?(?:(today|yesterday|tomorrow)|"
    rf"(this|last|past|previous|next|current) (?:(\d{{1,3}}|{'|'.join(_COUNT)}) )?(?:calendar )?"
    r"(year|quarter|month|week|day)s?)\b",
    re.I,
)
_LENGTHS = {"year": 12, "quarter": 3, "month": 1}
"""In months."""


@dataclass(frozen=True)
class When:
    """From `first` to before `end`; None is open. `at` and `to` say where it stands in the text."""

    first: date | None
    end: date | None
    at: int
    to: int


def whens(text: str, today: date) -> list[When]:
    """The times in `text`, none within another."""
    found: list[When] = []
    for when in _all(text, today):
        if not any(when.at < other.to and other.at < when.to for other in found):
            found.append(when)
    return sorted(found, key=lambda when: when.at)


def _all(text: str, today: date) -> Iterator[When]:
    for match in _SPAN.finditer(text):
        low, high = [part for part in match.groups() if part]
        _, end = _range(high, today)
        year = (end - timedelta(days=1)).year
        first, _ = _range(low if re.search(_YEAR, low) else f"{low} {year}", today)
        yield When(first, end, match.start(), match.end())
    for match in _BOUND.finditer(text):
        yield When(*_bounded(match[1].lower(), *_range(match[2], today)), *match.span())
    for match in _RELATIVE.finditer(text):
        yield When(*_relative(match, today), *match.span())
    for match in _IN.finditer(text):
        amount = re.fullmatch(_YEAR, match[2]) and _COMPARED.search(text[: match.start(2)])
        verb = match[2].lower().rstrip(".") in _MONTHS and not match[1]
        if not (amount or verb):
            yield When(*_range(match[2], today), *match.span())


def _bounded(word: str, first: date, end: date) -> tuple[date | None, date | None]:
    if word in {"after", "later than"}:
        return end, None
    if word in {"before", "prior to", "earlier than"}:
        return None, first
    return (None, end) if word in {"until", "till", "up to", "by"} else (first, None)


def _range(text: str, today: date) -> tuple[date, date]:
    """A year, a quarter, a month or a day; a month without a year is the latest that has begun."""
    low = text.lower()
    found = re.search(_YEAR, low)
    numbers = [int(n) for n in re.findall(r"\d+", low.replace(found[0], "", 1) if found else low)]
    named = [n for word in re.findall(r"[a-z]+", low) if (n := _MONTHS.get(word))]
    if quarter := re.search(r"q([1-4])", low):
        return _months(int(found[0]) if found else today.year, int(quarter[1]) * 3 - 2, 3)
    month = named[0] if named else numbers.pop(0) if numbers else None
    if month is None:
        return _months(int(found[0]) if found else today.year, 1, 12)
    month = min(max(month, 1), 12)
    year = int(found[0]) if found else today.year - (month > today.month)
    if not numbers:
        return _months(year, month, 1)
    last = calendar.monthrange(year, month)[1]
    day = date(year, month, min(max(numbers[0], 1), last))
    return day, day + timedelta(days=1)


def _months(year: int, month: int, length: int) -> tuple[date, date]:
    first, after = year * 12 + month - 1, year * 12 + month - 1 + length
    return date(first // 12, first % 12 + 1, 1), date(after // 12, after % 12 + 1, 1)


def _relative(match: re.Match[str], today: date) -> tuple[date, date]:
    """`yesterday`, `last month`, `the next 30 days`."""
    day, which, count, unit = (group.lower() if group else "" for group in match.groups())
    if day:
        first = today + timedelta(days=("yesterday", "today", "tomorrow").index(day) - 1)
        return first, first + timedelta(days=1)
    if count:
        size = _COUNT.get(count) or int(count)
        edge = _shifted(today, size if which == "next" else -size, unit)
        return (today, edge) if which == "next" else (edge, today + timedelta(days=1))
    shift = {"next": 1, "this": 0, "current": 0}.get(which, -1)
    if unit in _LENGTHS:
        length = _LENGTHS[unit]
        return _months(
            today.year, (today.month - 1) // length * length + 1 + shift * length, length
        )
    days = 7 if unit == "week" else 1
    start = today - timedelta(days=today.weekday() if unit == "week" else 0)
    first = start + timedelta(days=days * shift)
    return first, first + timedelta(days=days)


def _shifted(day: date, size: int, unit: str) -> date:
    if unit not in _LENGTHS:
        return day + timedelta(days=size * (7 if unit == "week" else 1))
    index = day.year * 12 + day.month - 1 + size * _LENGTHS[unit]
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
