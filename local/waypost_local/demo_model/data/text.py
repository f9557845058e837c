"""A question as tokens that know where they stand and what they mean so far."""

import re
from dataclasses import dataclass

from waypost_local.demo_model.words import singular, stem

_TOKEN = re.compile(r"\d[\d,]*\.?\d*|[^\W_]+(?:[.'\u2019&/+-]+[^\W_]+)*|[^\w\s]")
_POSSESSIVE = re.compile(r"['\u2019]s?$", re.IGNORECASE)
_POLITE = re.compile(
    r"^\W*((hi|hello|hey|ok|okay|please|and now|now|so|well|thanks|great)\b[ ,!.]*)*"
    r"((can|could|would|will) you (please )?|(i('d| would) like|i want|i need) to (know|see)\s*|"
    r"do you know\s*|i wonder\s*|let me know\s*)?"
    r"((please )?(tell|give) (me|us)( about)?(?= (how|which|what|who|when|where|the (number"
    r"|total|average|names?|"
    r"list|top|count)|all|a list))\s*|(please )?(find out|calculate|compute|work out"
    r"|determine|figure out)\s*)?",
    re.IGNORECASE,
)


_PLAINER = (
    (r"^(?:in|from|at|for|on|to|of) (?=(?:which|what)\b)", ""),
    (
        r"^how many (.+?) (?:does|do|did) (?:the|an) average (.+?) "
        r"(?:have|has|buy|make|place|get)\b",
        r"What is the average number of \1 per \2",
    ),
    (r"\baverage (\w+) (?:spend(?:ing)?|revenue)\b", r"average revenue per \1"),
)
"""Other ways to ask what can be asked more plainly."""


@dataclass(frozen=True)
class Token:
    text: str
    at: int
    to: int

    @property
    def low(self) -> str:
        return self.text.lower()

    @property
    def word(self) -> str:
        """Lower-case, without a possessive, a plural or a hyphen."""
        return singular(_POSSESSIVE.sub("", self.low))

    @property
    def stem(self) -> str:
        return stem(_POSSESSIVE.sub("", self.low))

    @property
    def capital(self) -> bool:
        return self.text[:1].isupper()

    @property
    def number(self) -> float | None:
        try:
            return float(self.text.replace(",", ""))
        except ValueError:
            return None


def tokens(text: str) -> list[Token]:
    return [Token(m[0], m.start(), m.end()) for m in _TOKEN.finditer(text)]


def bare(question: str) -> str:
    """The question without greetings and asking nicely."""
    asked = question.strip().replace("\u2019", "'")
    asked = asked[_matched(asked) :].strip() or asked
    for pattern, plainer in _PLAINER:
        asked = re.sub(pattern, plainer, asked, count=1, flags=re.IGNORECASE)
    return asked


def _matched(asked: str) -> int:
    match = _POLITE.match(asked)
    return match.end() if match else 0
