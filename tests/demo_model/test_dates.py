"""Times in a question, as half-open ranges of days."""

from datetime import date

import pytest

from waypost_local.demo_model.data.dates import whens

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("invoices in 2010", "2010-01-01", "2011-01-01"),
        ("invoices from 2010", "2010-01-01", "2011-01-01"),
        ("from 2010 onwards", "2010-01-01", None),
        ("since March 2011", "2011-03-01", None),
        ("since March", "2026-03-01", None),
        ("in December", "2025-12-01", "2026-01-01"),
        ("before 2012-05-06", None, "2012-05-06"),
        ("after 2012", "2013-01-01", None),
        ("until June 2012", None, "2012-07-01"),
        ("between 2010 and 2011", "2010-01-01", "2012-01-01"),
        ("between March and May 2012", "2012-03-01", "2012-06-01"),
        ("2010-2012", "2010-01-01", "2013-01-01"),
        ("on January 5, 2012", "2012-01-05", "2012-01-06"),
        ("on 5th of January 2012", "2012-01-05", "2012-01-06"),
        ("in Q2 2012", "2012-04-01", "2012-07-01"),
        ("last year", "2025-01-01", "2026-01-01"),
        ("this month", "2026-11-01", "2026-12-01"),
        ("last month", "2026-10-01", "2026-11-01"),
        ("last quarter", "2026-07-01", "2026-10-01"),
        ("this week", "2026-11-16", "2026-11-23"),
        ("today", "2026-11-21", "2026-11-22"),
        ("yesterday", "2026-11-20", "2026-11-21"),
        ("in the last 30 days", "2026-10-22", "2026-11-22"),
        ("in the past six months", "2026-05-21", "2026-11-22"),
    ],
)
def test_a_time(text: str, first: str | None, end: str | None) -> None:
    (when,) = whens(text, TODAY)

    assert (_iso(when.first), _iso(when.end)) == (first, end)


@pytest.mark.parametrize("text", ["May I go?", "the top 5 customers", "room 12", "march on"])
def test_no_time(text: str) -> None:
    assert whens(text, TODAY) == []


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
