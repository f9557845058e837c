"""Whether a question can only be understood with the one before it. The rules are for English."""

import re

_FUNCTION_WORDS = frozenset(
    re.findall(
        r"\S+",
        "a about after again all also am an and another any are as at back be been before but by "
        "can could did do does during each either else ever every few for from get gets give had "
        "has have he her here him his how i if in instead into is it its just less long many may "
        "me mean might mine more most much must my need no not of on one ones only or other others "
        "our out over per please same shall she should so some such tell than that the their them "
        "then there these they this those to too under until up us use very was we were what when "
        "where which while who whom whose why will with without work would yes you your",
    )
)
_VERBS = frozenset(
    re.findall(
        r"\S+",
        "am are be can could did do does had has have is may might must shall should was were will "
        "would",
    )
)
_SUBJECTS = frozenset(("i", "you", "we", "he", "she", "it", "they", "to", "who"))
_BOUNDARY = re.compile(
    r"[,;:.]|\b(?:and|or|but|if|when|where|while|before|after|once|because|since|so|unless|until)\b"
)
_PREPOSITION = "at|by|during|for|from|in|of|on|per|since|to|under|until|with|without"
_LEANING = tuple(
    map(
        re.compile,
        (
            r"^(and|but|or)\b",
            r"^(more(?! than)|how so|how come|same|likewise|go on|continue)\b",
            r"\b(tell|say|know|explain|show|hear)\b.*\bmore\W*$",
            r"\bthe (first|second|third|last|next|previous|other|others|former|latter|rest)\W*$",
            r"\b(the|which|this|that|another|each|other|first|second|third|last)( \w+)? ones?\b"
            r"(?! of)",
            r"\bsame\b(?!.*\b(as|day|week|month|year|time)\b)",
            r"\b(this|these)\b(?! (year|quarter|month|week|morning|evening|spring|summer|autumn"
            r"|fall|winter|season)\b)",
            r"\bthose\b(?! (who|whose|that|which|with|of)\b)",
            # A demonstrative, not the beginning of a clause.
            r"(^|\b(about|above|after|and|before|by|can|could|did|do|does|for|from|if|in|is|like|of"
            r"|on|than|to|was|what's|who's|why's|will|with|without|would)) that\b",
            r"^that\b",
            r"\bthat( \w+)?\W*$",
        ),
    )
)
_ADDS = re.compile(r"^(what|how) about\b|\b(also|too|as well|either|instead|else|then|again)\W*$")
_MAX_LEANING = 400
"""Characters: who writes more has named what it is about."""
_MAX_SHORT = 5
"""Characters of a short question in another script, whose words are not known."""
_MAX_ADDED = 2
"""Words of its own that make an addition to another question."""
_EXISTENTIAL = re.compile(
    r"\b(is|are|was|were|be|isn't|aren't|can|could|may|will|would) there\b"
    r"|\bthere('s|'re| (is|are|was|were|has|have|will|would|can|could|may|must|exists?)\b)"
)
_IMPERSONAL = re.compile(
    r"\bit('s| is| was)?( ever| still| also)? "
    r"(possible|allowed|ok|okay|true|necessary|required|legal|permitted|safe|better|important|easy"
    r"|hard|normal|enough)\b.*\b(to|that|if|for)\b"
    r"|\bit('s| is| was| gets) (cold|dark|freezing|hot|late|raining|snowing|stormy|wet|windy)\b"
    r"|\b(date|day|late|month|time|year)\b.*\b(it is|it was|it will be|is it|was it|will it be)\b"
    r"|\bit (appears|looks|seems|turns out|would be)\b|\bhow('s| is| was) it going\b"
    r"|\bit (takes?|costs?|needs?|matters?|means?)\b.*\b(to|if|until|before|that)\b"
)
_PRONOUN = re.compile(r"\b(it|its|they|them|their|theirs|he|him|his|she|her|hers|there)\b")
_POSSESSIVE = frozenset(("its", "their", "his", "her"))
_HOLDS = re.compile(r"\b(in|inside|on|with) $")


def leans(question: str) -> bool:
    """Whether the words of a question are not enough to search for."""
    text = " ".join(question.lower().replace("\u2019", "'").split())
    text = re.sub(r"^(ok|okay|so|well|thanks|thank you|yes|no)\b[,.!]? ", "", text)
    if len(text) > _MAX_LEANING:
        return False
    if not re.search("[a-z]", text):
        return len(text) <= _MAX_SHORT
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)?", text)
    own = [word for word in words if word not in _FUNCTION_WORDS]
    return (
        _is_short(words, own)
        or _has_no_verb(text, words)
        or any(pattern.search(text) for pattern in _LEANING)
        or (len(own) <= _MAX_ADDED and bool(_ADDS.search(text)))
        or _has_open_pronoun(text)
    )


def _is_short(words: list[str], own: list[str]) -> bool:
    return len(words) <= 1 or not own or (len(words) == 2 and len(own) < len(words))


def _has_no_verb(text: str, words: list[str]) -> bool:
    """An ellipsis: "For apprentices?", "How much in winter?", "The cheaper plan?"."""
    begins = re.match(
        rf"({_PREPOSITION}|the|only|even|not)\b|(how (much|many|long|often)|which|when|what) "
        rf"({_PREPOSITION})\b",
        text,
    )
    return bool(begins) and len(words) <= 5 and not _VERBS.intersection(words)


def _has_open_pronoun(text: str) -> bool:
    """Whether a pronoun stands for nothing that the question names before it."""
    text = _IMPERSONAL.sub(" ", _EXISTENTIAL.sub(" ", text))
    return any(not _has_antecedent(text[: m.start()], m[0]) for m in _PRONOUN.finditer(text))


def _has_antecedent(before: str, pronoun: str) -> bool:
    """What owns or holds something may be named in the same clause; what does or suffers something
    is named in an earlier one."""
    if pronoun not in _POSSESSIVE and not _HOLDS.search(before):
        ends = [boundary.start() for boundary in _BOUNDARY.finditer(before)]
        before = before[: ends[-1]] if ends else ""
    words = re.findall(r"[^\W_]+", before)
    return any(
        word not in _FUNCTION_WORDS and previous not in _SUBJECTS
        for previous, word in zip(["", *words], words, strict=False)
    )
