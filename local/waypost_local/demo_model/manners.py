"""In which manner something is asked: a report of trouble, a matter to look into, news, impact.

An agent whose examples are asked in one of these manners is for what is asked so, whatever it is
about.
"""

import re

_QUESTION = re.compile(
    r"^\W*(what|which|who|whose|when|where|why|how|can|may|must|should|do|does|did|is|are|was|were|"
    r"am|will|would|could|has|have|list|show|count|give|tell)\b",
    re.IGNORECASE,
)
_TO_SORT = re.compile(
    r"\b(triage|tickets?\b.*:|sort this|(this|following) (message|request|ticket)|message from|"
    r"customers? (writes?|wrote|says|reports?|complain(s|ed)?|is complaining)|customer report|"
    r"complain(s|ed)? (that|about|of)|which priority|who should (take|handle))\b|^\W*ticket\b",
    re.IGNORECASE,
)
_TROUBLE = re.compile(
    r"\b(help|send (somebody|someone|a technician|help)|broken?|broke down|dead|fail(ed|s|ing)?|"
    r"not work(ing)?|does(n't| not) (work|heat|cool|start|turn)|stopped|leak(s|ing)?|drip(s|ping)?|"
    r"smell|freezing|no (hot water|water|heating|heat|power)|stay(s)? cold|cold|error|crash(es)?|"
    r"freezes|hangs?|slow|bug|tim(e[sd]?|ing) out|timeouts?|rattles?|nois[ey]|noise|blank|"
    r"never (showed|came|arrived)|nobody came|again|"
    r"i('d| would) like to (move|cancel|book)|burst|flooded)\b",
    re.IGNORECASE,
)
_MEND = re.compile(
    r"\bhow (can|do|could|should) (i|we) .*\b(fix|repair|mend|reset|restart|install|update|"
    r"to work|working|stop)\b|\bwhat do i do\b",
    re.IGNORECASE,
)
_STUDY = re.compile(
    r"\b(research|investigat\w+|look into|analy[sz]e|in[- ]depth|briefing|dossier|deep dive|"
    r"overview of|(report|write-up|summary) (on|about|of|with)|write (me )?(a|an|up)\b|"
    r"with (its |their |the )?sources)\b|"
    r"\bcompare\b.*\b(promis\w+|rules?|terms|polic\w+|guarantee\w*|says?|what)\b",
    re.IGNORECASE,
)
_NEWS = re.compile(
    r"\b(news|newest (developments?)|announc\w+|headlines?|bulletins?|"
    r"what('s| is| has been| was)? (new|happened)|anything new|something new|awards?|prizes?|"
    r"(this|last|the) (spring|summer|autumn|winter)|survey|open(ed|ing)\b|launch\w*|succeed\w*|"
    r"became|partnerships?|appointed|"
    r"new (managing )?(director|workshop|office|partner\w*|customer))",
    re.IGNORECASE,
)
_IMPACT = re.compile(
    r"\b(impacts?|affect(s|ed)?|consequences?|cost (us|the (company|business))|"
    r"(did|do|have|has|was|were|is) (\w+ )?(we )?(lose|lost)|loss(es)?|damages?|set us back|"
    r"mean(s)? for (the |our )?(business|revenue|customers)|how bad|hit by|"
    r"(moved|lost|cancelled|late) because|in the \w+ (incident|outage)|"
    r"(incident|outage|flood)\w* .*\b(business|revenue|money|customers?)|"
    r"(without|were down|was down) .*\b(cost|business|revenue))\b|"
    r"\b(would|do|did|does)\b.*\b(down|outage|without|incidents?|flood)\b.*\bcost\b",
    re.IGNORECASE,
)


def manners(text: str) -> frozenset[str]:
    """Those of `report`, `mend`, `study`, `news` and `impact` in which `text` is put."""
    found = {
        "report": _TO_SORT.search(text) or (_TROUBLE.search(text) and not _QUESTION.match(text)),
        "mend": _MEND.search(text),
        "study": _STUDY.search(text),
        "news": _NEWS.search(text),
        "impact": _IMPACT.search(text),
    }
    return frozenset(name for name, is_so in found.items() if is_so)


def shares(examples: tuple[str, ...]) -> dict[str, float]:
    """How many of the examples are put in each manner, as a share."""
    each = [manners(example) for example in examples]
    names = {name for found in each for name in found}
    return {name: sum(name in found for found in each) / len(each) for name in names}
