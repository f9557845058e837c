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
_ISO = rf"{_YEAR}-\d\d-\d\d"
_POINT = (
    rf"(?:{_ISO}|{_MONTH} {_DAY},? {_YEAR}|{_DAY} (?:of )?{_MONTH},? {_YEAR}|{_MONTH},? "
    rf"(?:of )?{_YEAR}|{_YEAR}-\d\d\b|q[1-4],? (?:of )?{_YEAR}|{_YEAR} q[1-4]|the (?:first"
    rf"|second|third|fourth|last) (?:quarter|half) of {_YEAR}|{_YEAR}\b|{_MONTH}(?= |$|\?"
    rf"|,)(?! \d))"
)
_SPAN = re.compile(
    rf"\b(?:between|from) ({_POINT}) (?:and|to|until|till|through) ({_POINT})|\b({_YEAR}) "
    rf"?[-\u2013] ?({_YEAR})\b|\b(?:from )?({_MONTH}) (?:to|through|until) ({_MONTH} {_YEAR})",
    re.I,
)
_BOUND = re.compile(
    rf"\b(since|after|before|until|till|prior to|up to|as of|by|no later than|later than|"
    rf"earlier than|starting(?: in| from)?|not before|from(?=[^?.,]* on(?:wards?)?\b)) "
    rf"(?:the )?(?:year )?({_POINT})(?: on(?:wards?)?)?",
    re.I,
)
_IN = re.compile(
    rf"(?:\b(?:in|during|for|of|on|within|throughout|over|from)\s+)?(?:the )?(?:year |month "
    rf"of |all of )?\b({_POINT})",
    re.I,
)
_COMPARED = re.compile(r"\b(over|above|below|under|than|exceeds?|exceeding|least|most) \W?$", re.I)
"""Before four digits that are an amount, and no year."""
_DECADE = re.compile(r"\b(?:in |during )?the (?:(19|20)(\d)0|(\d)0)['\u2019]?s\b", re.I)
_RELATIVE = re.compile(
    r"\b(?:in |during |over |for |within |of )?(?:the )?"
    r"(today|yesterday|tomorrow|(?:this|last|past|previous|next|current) (?:calendar "
    r")?(?:year|month|week|quarter)|"
    r"(?:last|past|previous|next) (?:\d+|two|three|four|five|six|seven|ten|twelve|thirty"
    r"|ninety) (?:years?|months?|weeks?|days?)|"
    r"year to date|ytd|so far this (?:year|month))\b",
    re.I,
)
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
        end = _range(high, today)
        start = _range(low if re.search(_YEAR, low) else f"{low} {end[0].year}", today)
        yield When(start[0], end[1], match.start(), match.end())
    for match in _BOUND.finditer(text):
        first, end_ = _range(match[2], today)
        yield When(*_bounded(match[1].lower(), first, end_), match.start(), match.end())
    for match in _DECADE.finditer(text):
        tens = int(match[2] if match[1] else match[3])
        century = int(match[1] or (19 if tens >= 3 else 20)) * 100
        low_year = century + tens * 10
        yield When(date(low_year, 1, 1), date(low_year + 10, 1, 1), match.start(), match.end())
    for match in _RELATIVE.finditer(text):
        yield When(*_relative(match[1].lower(), today), match.start(), match.end())
    for match in _IN.finditer(text):
        if re.fullmatch(_YEAR, match[1]) and _COMPARED.search(text[: match.start(1)]):
            continue
        if _is_month_only(match[1]) and not re.match(
            r"(in|during|for|of|throughout)\b", match[0], re.I
        ):
            continue
        yield When(*_range(match[1], today), match.start(), match.end())


def _bounded(word: str, first: date, end: date) -> tuple[date | None, date | None]:
    if word in {"after", "later than"}:
        return end, None
    if word in {"before", "prior to", "earlier than"}:
        return None, first
    if word in {"until", "till", "up to", "by", "no later than"}:
        return None, end
    return first, None


def _is_month_only(text: str) -> bool:
    return text.lower().rstrip(".") in _MONTHS


def _range(text: str, today: date) -> tuple[date, date]:
    low = text.lower().replace(",", " ")
    if match := re.search(r"(\d{4})-(\d\d)-(\d\d)", low):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    year_found = re.search(_YEAR, low)
    if match := re.search(r"q([1-4])|(first|second|third|fourth|last) (quarter|half)", low):
        return _quarter(match, int(year_found[0]) if year_found else today.year)
    month = next((n for word in re.findall(r"[a-z]+", low) if (n := _MONTHS.get(word))), None)
    if match := re.search(r"(\d{4})-(\d\d)\b", low):
        return _month(int(match[1]), int(match[2]))
    year = int(year_found[0]) if year_found else _latest_year(month or 1, today)
    if month is None:
        return date(year, 1, 1), date(year + 1, 1, 1)
    rest = re.sub(_YEAR, "", low)
    if match := re.search(r"\d{1,2}", rest):
        return _day(year, month, int(match[0]))
    return _month(year, month)


def _latest_year(month: int, today: date) -> int:
    """A month without a year is the latest one that has begun."""
    return today.year if month <= today.month else today.year - 1


def _quarter(match: re.Match[str], year: int) -> tuple[date, date]:
    names = {"first": 0, "second": 1, "third": 2, "fourth": 3}
    length = 6 if match[3] == "half" else 3
    last = 12 // length - 1
    number = int(match[1]) - 1 if match[1] else names.get(match[2], last)
    return _months(year, min(number, last) * length + 1, length)


def _months(year: int, month: int, length: int) -> tuple[date, date]:
    index = year * 12 + month - 1
    after = index + length
    return date(index // 12, index % 12 + 1, 1), date(after // 12, after % 12 + 1, 1)


def _month(year: int, month: int) -> tuple[date, date]:
    return _months(year, min(max(month, 1), 12), 1)


def _day(year: int, month: int, day: int) -> tuple[date, date]:
    last = calendar.monthrange(year, min(max(month, 1), 12))[1]
    found = date(year, min(max(month, 1), 12), min(max(day, 1), last))
    return found, found + timedelta(days=1)


def _relative(text: str, today: date) -> tuple[date, date]:
    if text in {"today", "yesterday", "tomorrow"}:
        shift = {"today": 0, "yesterday": -1, "tomorrow": 1}[text]
        return today + timedelta(days=shift), today + timedelta(days=shift + 1)
    if text in {"year to date", "ytd"} or text.startswith("so far"):
        first = today.replace(day=1) if text.endswith("month") else date(today.year, 1, 1)
        return first, today + timedelta(days=1)
    number = re.search(r"\d+|" + "|".join(_COUNT), text)
    unit = re.search(r"year|month|week|day|quarter", text)
    assert unit  # noqa: S101 - the pattern holds one
    if number:
        size = _COUNT.get(number[0]) or int(number[0])
        return _around(today, size, unit[0], ahead=text.startswith("next"))
    shift = 1 if text.startswith("next") else 0 if text.startswith(("this", "current")) else -1
    return _period(today, unit[0], shift)


def _around(today: date, size: int, unit: str, *, ahead: bool) -> tuple[date, date]:
    if unit in {"day", "week"}:
        days = timedelta(days=size * (7 if unit == "week" else 1))
        edge = today + days if ahead else today - days
    else:
        shift = size * (12 if unit == "year" else 1) * (1 if ahead else -1)
        index = today.year * 12 + today.month - 1 + shift
        month = index % 12 + 1
        day = min(today.day, calendar.monthrange(index // 12, month)[1])
        edge = date(index // 12, month, day)
    return (today, edge) if ahead else (edge, today + timedelta(days=1))


def _period(today: date, unit: str, shift: int) -> tuple[date, date]:
    if unit == "year":
        return date(today.year + shift, 1, 1), date(today.year + shift + 1, 1, 1)
    if unit == "week":
        monday = today - timedelta(days=today.weekday()) + timedelta(weeks=shift)
        return monday, monday + timedelta(weeks=1)
    length = 3 if unit == "quarter" else 1
    month = (today.month - 1) // length * length + 1
    return _months(today.year, month + shift * length, length)
