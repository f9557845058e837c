"""What a model is told beside its instructions: passages to answer from, tables to question."""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from waypost.knowledge import Passage

CONTINUE = (
    "<continue>Your answer broke off there. Go on exactly where it stopped: repeat nothing of it, "
    "and say nothing about the break.</continue>"
)


def with_passages(instructions: str, passages: Sequence[Passage]) -> str:
    """The instructions and the passages, numbered as the answer shall cite them."""
    blocks = "\n".join(
        f'<passage index="{index}" document={quoteattr(passage.document)} '
        f"heading={quoteattr(passage.heading)}>\n{escape(passage.text)}\n</passage>"
        for index, passage in enumerate(passages, 1)
    )
    return f"{instructions}\n\n<passages>\n{blocks}\n</passages>"


def with_schema(instructions: str, schema: str, values: Sequence[str], today: str) -> str:
    """The instructions, the date, the open tables and the values that the question names."""
    named = f"\n<values>\n{escape(chr(10).join(values))}\n</values>" if values else ""
    return (
        f"{instructions}\n\n<today>{today}</today>\n"
        f'<schema dialect="sqlite">\n{escape(schema)}\n</schema>{named}'
    )
