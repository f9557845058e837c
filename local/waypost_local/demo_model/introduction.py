"""What the model says of itself: what it is, what can be asked here, and what cannot."""

import re

from waypost_local.demo_model import data, documents
from waypost_local.demo_model.prompts import element, elements

TEXT = (
    "I am Waypost's built-in stand-in, not a language model. I quote sentences from the passages I "
    "am given and write SQL by rules for the tables I am shown; beyond that I know nothing."
)
WITHOUT_CONTEXT = (
    "I am Waypost's built-in stand-in, not a language model: without passages to quote or tables "
    "to question I have nothing to answer from."
)
_GREETING = (
    r"(hi|hello|hey|hiya|howdy|greetings|good (morning|afternoon|evening|day)|moin|hallo)"
    r"( there| all| everyone| everybody| team| again| waypost)*"
)
_THANKS = (
    r"(ok(ay)?[ ,]*|great[ ,]*|perfect[ ,]*)?(thanks|thank you|thx|cheers|much appreciated)"
    r"( a lot| so much| very much| for .{1,40})?|great|perfect|nice|ok(ay)?|cool|(good)?bye"
)
_HELP = (
    r"help( me)?|what can (you|i) (do|ask)( you| here| for me)*|what do you (know|do|answer)"
    r"|what (questions )?can you answer|how (does this|do you) work|what is this|who is this"
    r"|how can (i|you) (start|help)( me)?|what should i ask"
)
_MANNERS = (
    (
        re.compile(rf"\W*{_GREETING}(\W+(how are you|how's it going|what's up)\b.*)?\W*", re.I),
        "Hello! ",
    ),
    (re.compile(r"\W*(how are you|how's it going)( today)?\W*", re.I), "Hello! "),
    (re.compile(rf"\W*({_THANKS})\W*", re.I), "You are welcome. "),
    (re.compile(rf"\W*({_GREETING}\W+)?({_HELP})\W*", re.I), ""),
)
_ASKED = re.compile(
    r"^\W*(who|what) (are|r) you\b(?! (doing|selling|charging))|\bare you (an? )?(ai|bot|robot|"
    r"human|chatgpt|claude|language model|llm|real|person|machine)\b|"
    r"\b(which|what) (language )?(model|ai|llm) (are|is|do) (you|this)\b|"
    r"\bwhat('s| is) your name\b",
    re.IGNORECASE,
)
_FOREIGN = re.compile(
    r"^\W*(please |can you |could you )*(what('s| is)? |how much is |calculate |compute )?"
    r"\(?\d+(\.\d+)? ?([-+*/x\u00d7]|plus|minus|times|divided by) ?\d+|"
    r"\b(poem|haiku|joke|riddle|lyrics|limerick|fairy tale|bedtime story|horoscope|recipe)\b|"
    r"\b(weather|forecast)\b.*\b(today|tomorrow|like|outside|in|week|weekend)\b|"
    r"\bworld cup\b|\bolympics?\b|\bchampions league\b|\bmeaning of life\b|\bcapital of\b|"
    r"\btranslate\b|\b(president|prime minister|king|queen) of\b|\bhow (tall|far|big|old) is "
    r"(mount|the (moon|sun|earth|world|universe))\b|\bstock (price|market)\b|\bbitcoin\b",
    re.IGNORECASE,
)
_FOREIGN_TEXT = (
    "I answer from this company's documents and tables only, and they say nothing of that. "
)
_TABLE = re.compile(r"^([a-z]{3,}s): \w+, ", re.MULTILINE)
"""A line about a table whose name is a plain word: `customers: id, name, …`."""
_MODEL = "With `MODEL=\u2026` a language model answers in my place."


def is_small_talk(question: str) -> bool:
    """A greeting, thanks, or the question what can be asked here."""
    return any(pattern.fullmatch(question) for pattern, _ in _MANNERS)


def is_foreign(question: str) -> bool:
    """A question about the model itself, or for what no company's sources hold."""
    return bool(_ASKED.search(question) or _FOREIGN.search(question))


def said(system: str, question: str) -> str:
    """What there is to say to small talk and to what no company's sources hold; else nothing."""
    if asks_back := _undecided(system):
        return asks_back
    if _ASKED.search(question):
        return TEXT
    if not re.search(r"<(schema|passages|documents|agents|category)\b", system):
        return ""
    for pattern, opening in _MANNERS:
        if pattern.fullmatch(question):
            return f"{opening}{_offer(system)}"
    if _FOREIGN.search(question):
        return f"{_FOREIGN_TEXT}{_offer(system)} {_MODEL}"
    return ""


def elsewhere(system: str) -> str:
    """What there is to say to a question that is for another agent, or for none."""
    return f"{_FOREIGN_TEXT}{_offer(system)}"


def _offer(system: str) -> str:
    """Three questions that the tables and passages at hand do answer."""
    tables, headings = _covered(system)
    asked = data.examples(system) or [f"How many {table} are there?" for table in tables]
    topics = documents.topics(system) or headings
    about = [f"What does it say about {topic}?" for topic in topics]
    examples = [*asked[: 2 if about else 3], *about][:3]
    if not examples:
        return "Ask about what this company's tables and documents hold."
    lines = "\n".join(f"- {example}" for example in examples)
    return f"You can ask about the tables and documents here, for example:\n\n{lines}\n"


def _covered(system: str) -> tuple[list[str], list[str]]:
    """The tables and the headings of documents that the agents cover, where those are described."""
    covers = "\n".join(found.text for found in elements(system, "covers"))
    tables = _TABLE.findall(covers)
    outlines = [line.split(";") for line in covers.splitlines() if not _TABLE.match(line)]
    headings = [part.strip().lower() for _, *parts in outlines for part in parts[:1]]
    plain = [text for text in headings if re.fullmatch(r"[\w -]{3,40}", text)]
    return tables, list(dict.fromkeys(plain))


def _undecided(system: str) -> str:
    """The question back, where two agents could answer."""
    # The instructions before it may speak of the element by its name.
    found = element(system[max(0, system.rfind("<undecided>")) :], "undecided")
    return f"Is that a question for {found.text}?" if found else ""
