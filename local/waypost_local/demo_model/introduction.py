"""What the model says of itself."""

import re

_ASKED = re.compile(
    r"^\W*(who|what) (are|r) you\b(?! (doing|selling|charging))|\bare you (an? )?(ai|bot"
    r"|robot|human|"
    r"chatgpt|claude|language model|llm|real|person|machine)\b|"
    r"\b(which|what) (language )?(model|ai|llm) (are|is|do) (you|this)\b|"
    r"\bwhat('s| is) your name\b",
    re.IGNORECASE,
)

TEXT = (
    "I am Waypost's built-in stand-in, not a language model. I quote sentences from the passages I "
    "am given and write SQL by rules for the tables I am shown; beyond that I know nothing."
)
WITHOUT_CONTEXT = (
    "I am Waypost's built-in stand-in, not a language model: without passages to quote or "
    "tables to "
    "question I have nothing to answer from."
)


def is_asked(question: str) -> bool:
    return bool(_ASKED.search(question))
