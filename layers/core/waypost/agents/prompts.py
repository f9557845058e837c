"""What is added to an agent's instructions: passages to answer from, tables to question."""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from waypost.knowledge import Passage

CONTINUE = (
    "<continue>Your answer broke off there. Go on exactly where it stopped: repeat nothing of it, "
    "and say nothing about the break.</continue>"
)


NO_DOCUMENTS = "There are no documents here to answer from."
NO_DATABASE = "There is no database here to question."


def with_documents(instructions: str, passages: Sequence[Passage]) -> str:
    """The instructions and whole documents, their passages numbered as the answer shall cite them.

    The same bytes for every question, so that a model can cache them.
    """
    return f"{instructions}\n\n<documents>\n{_blocks(passages, 1)}\n</documents>"


def with_passages(instructions: str, passages: Sequence[Passage], first: int = 1) -> str:
    """The instructions and what was found for this question, numbered from `first`."""
    found = f"<passages>\n{_blocks(passages, first)}\n</passages>"
    return f"{instructions}\n\n{found}" if instructions else found


def with_schema(instructions: str, schema: str, values: Sequence[str], today: str) -> str:
    """The instructions, the date, the open tables and the values that the question names."""
    named = f"\n<values>\n{escape(chr(10).join(values))}\n</values>" if values else ""
    return (
        f"{instructions}\n\n<today>{today}</today>\n"
        f'<schema dialect="sqlite">\n{escape(schema)}\n</schema>{named}'
    ).lstrip()


def with_overview(instructions: str, overview: str, offered: Sequence[str]) -> str:
    """The instructions, the agents that there are, and those that the question may be meant for."""
    undecided = f"\n<undecided>{escape(' or '.join(offered))}</undecided>" if offered else ""
    return f"{instructions}\n\n{overview}{undecided}".lstrip()


def with_missing(instructions: str, missing: Sequence[str]) -> str:
    """The instructions, and which of their sources are missing."""
    return f"{instructions}\n\n<missing>\n{escape(chr(10).join(missing))}\n</missing>".lstrip()


def _blocks(passages: Sequence[Passage], first: int) -> str:
    return "\n".join(
        f'<passage index="{index}" document={quoteattr(passage.document)} '
        f"heading={quoteattr(passage.heading)}>\n{escape(passage.text)}\n</passage>"
        for index, passage in enumerate(passages, first)
    )
