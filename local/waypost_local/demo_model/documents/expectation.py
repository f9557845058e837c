"""What kind of thing a question asks for, and which sentences hold one."""

import re
from dataclasses import dataclass

from waypost_local.demo_model.words import content

_DURATION = (
    r"\b(\d[\d.,\u2013-]*|a|an|one|two|three|four|five|six|seven|ten|twelve|thirty|next|same"
    r"|within)"
    r"\W+(?:full |working |business |calendar |consecutive )*"
    r"(second|minute|hour|day|night|week|month|quarter|year)s?\b"
)
_DATE = (
    r"\b\d{1,2}:\d\d\b|\b(january|february|march|april|may \d|june|july|august|september|october|"
    r"november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b|\b\d{4}-\d\d"
)
_AMOUNT = r"[$\u20ac\u00a3]\s?\d|\d+(\.\d+)?\s?(%|percent|usd|eur|dollars?|euros?)|\b\d+(\.\d+)?\b"
_REACH = (
    r"[\w.+-]+@[\w-]+\.\w|https?://|\bextension \d|\bcall \d|\bemail\b|\bcontact\b|\bwrite to\b"
)
_ACTING = r"\byou (can|may|must|need|should|will)\b|\bplease\b|\bto (do so|get started)\b"
_IMPERATIVE = (
    r"(^|[,:;] )(please |first,? |then,? )?(call|send|ask|tell|write|email|e-mail|open"
    r"|select|click|"
    r"go|navigate|visit|enter|submit|contact|report|switch|warn|test|look|check|use|sign|log"
    r"|include|"
    r"provide|keep|follow|get|fill|take|notify|make)\b"
)
_PERSON = (
    r"\b(owners?|lead|director|manager|officer|dispatcher|team|support|technicians?|customers?|"
    r"users?|administrators?|employees?|staff|we|everybody|nobody|somebody|only)\b"
)
_MODAL = (
    r"\b(can(not|'t|\u2019t)?|may|must|allowed|permitted|forbidden|never|won['\u2019]t|eligible)\b"
)
_REASON = r"\b(because|since|so that|in order to|due to|reason)\b"
_POSTAL = (
    r"\b(ave|avenue|street|st|road|suite|ste|p\.?o\.? box)\b.*\d|\d.*\b(ave|avenue|street"
    r"|road|suite|ste)\b"
)
_LOCATED = (
    r"\b(located|based|hosted|stored|held) (in|at|on)\b|\bin the (us|usa|uk|eu|united "
    r"states|netherlands)\b"
)
_EXTENT = r"\d+(\.\d+)?\s?%"

_KINDS = (
    (
        r"\b(how long|how soon|how quickly|how fast|how often|"
        r"how many (minute|hour|day|week|month|year)s?|how much (time|notice)|"
        r"what (is|are) the (deadline|notice|time ?frame|period|response "
        r"time))\b",
        _DURATION,
        1.0,
    ),
    (r"\b(when|what time|by when|which day|what date|until when)\b", f"{_DATE}|{_DURATION}", 0.7),
    (r"\b(when|what time)\b", r"\b(after|before|once|until|within|by the)\b", 0.2),
    (
        r"\b(how much|what('s| is| are| does| do|) .*\b(cost|price|fee|rate|charge|allowance)s?|"
        r"price of|cost of)\b",
        _AMOUNT,
        0.8,
    ),
    (r"\b(uptime|availability|percent(age)?)\b", _EXTENT, 1.0),
    (r"\bhow many\b", r"\b\d+|\b(one|two|three|four|five|six|seven|eight|nine|ten|twelve)\b", 0.6),
    (
        r"\bhow (do|can|should|would|to|must)\b|\bwhat (should|must|do) i (do|need|have)\b",
        f"{_ACTING}|{_IMPERATIVE}|{_REACH}",
        0.6,
    ),
    (r"\b(mailing|postal|street) address\b", _POSTAL, 1.4),
    (r"^where (is|are|do|does|was|were)\b|\bwhich (country|city|place)\b", _LOCATED, 0.8),
    (
        r"\b(where|contact|reach|email|e-mail|phone number|address|report|complain|get in touch)\b",
        _REACH,
        0.7,
    ),
    (r"^(who|whose|whom)\b|\bby whom\b|\bwho (can|may|must|should|is|are|has)\b", _PERSON, 0.6),
    (r"^why\b", _REASON, 0.6),
    (r"^(can|may|am|is|are|do|does|must|should|will|could)\b", _MODAL, 0.25),
)


@dataclass(frozen=True)
class Expectation:
    pattern: re.Pattern[str]
    weight: float
    """What a sentence gains by holding what is asked for, as a share of its own score."""

    def met(self, text: str) -> float:
        return self.weight if self.pattern.search(text) else 0.0


def expectations(question: str) -> list[Expectation]:
    asked = question.strip().lower()
    return [
        Expectation(re.compile(sought, re.IGNORECASE), weight)
        for form, sought, weight in _KINDS
        if re.search(form, asked)
    ][:3]


_IMPLIED = (
    (
        r"(\bnot|n['\u2019]t|never|forget to|fail to|miss(ed|ing)?|skip|too late|behind on)\b.*"
        r"\b(pay|paid|payments?|bills?|invoices?)\b",
        "late reminder overdue",
    ),
    (r"\bmoney back\b", "refund"),
    (r"\bhow old\b", "age"),
    (r"\b(days? off|holidays?|vacation)\b", "leave"),
    (r"\bhow (fast|quickly|soon)\b", "response time"),
    (r"\bphone number\b", "call"),
    (r"\bpass(ed|es)? away\b", "die"),
)


def implied(question: str) -> list[str]:
    """Stems that a question means without saying them."""
    asked = question.lower()
    return [word for form, said in _IMPLIED if re.search(form, asked) for word in content(said)]
