"""Times of EventBridge Scheduler's expressions, minute by minute.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()  # noqa: SIM905
_DAYS = "SUN MON TUE WED THU FRI SAT".split()  # noqa: SIM905
_UNITS = {"minute": 1, "hour": 60, "day": 1440}


class NotUnderstood(ValueError):
    """An expression that this machine does not play."""


def is_due(expression: str, timezone: str, since: datetime, now: datetime) -> bool:
    """Whether a schedule asks in the minute of `now`. Both times are in UTC.

    Args:
        since: When the schedule was made: a rate counts from there.

    Raises:
        NotUnderstood: The expression or the time zone.
    """
    kind, _, rest = expression.partition("(")
    inner = rest.removesuffix(")").strip()
    try:
        local = now.astimezone(ZoneInfo(timezone))
        if kind == "at":
            this_minute = local.replace(second=0, microsecond=0, tzinfo=None)
            return datetime.fromisoformat(inner).replace(second=0) == this_minute
        if kind == "rate":
            count, unit = inner.split()
            minutes = int(count) * _UNITS[unit.removesuffix("s")]
            passed = int((now - since) / timedelta(minutes=1))
            return passed > 0 and passed % minutes == 0
        return _matches(inner.split(), local)
    except (KeyError, ValueError, OSError) as error:
        raise NotUnderstood(f"{expression} in {timezone}: {error}") from None


def _matches(fields: list[str], at: datetime) -> bool:
    """Fields of a cron expression: minutes, hours, day of the month, month, weekday, year."""
    minute, hour, day, month, weekday, year = fields
    allowed = (
        _values(minute, 0, 59),
        _values(hour, 0, 23),
        _values(day, 1, 31),
        _values(_numbered(month, _MONTHS), 1, 12),
        _values(_numbered(weekday, _DAYS), 1, 7),
        _values(year, 1970, 2199),
    )
    # Sunday is 1.
    of_week = at.isoweekday() % 7 + 1
    values = (at.minute, at.hour, at.day, at.month, of_week, at.year)
    return all(value in field for value, field in zip(values, allowed, strict=True))


def _numbered(field: str, names: list[str]) -> str:
    for number, name in enumerate(names, 1):
        field = re.sub(name, str(number), field, flags=re.IGNORECASE)
    return field


def _values(field: str, lowest: int, highest: int) -> set[int]:
    """The numbers that a field allows. Raises ValueError for L, W and #."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span in ("*", "?"):
            first, last = lowest, highest
        else:
            start, _, end = span.partition("-")
            first, last = int(start), int(end or (highest if step else start))
        found.update(range(first, last + 1, int(step or 1)))
    return found
