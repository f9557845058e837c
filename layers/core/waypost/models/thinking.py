"""Reasoning that a model writes into its text, between `<thinking>` and `</thinking>`.

Nova does so where tools are offered:
https://docs.aws.amazon.com/nova/latest/userguide/tool-use-definition.html
"""

import re
from collections.abc import Iterator

from waypost.models.turns import Reasoning, Text

_TAGS = ("<thinking>", "<think>")
_SPECIAL = re.compile(r"[\n`~<]")
_TOKEN = re.compile(rf"\n|`+|~+|{'|'.join(_TAGS)}|[^\n`~<]+|<")
_FENCE = 3
"""So many marks at the beginning of a line open a block of code."""


class ThinkingFilter:
    """Tells apart reasoning and answer in one block of text, as it streams.

    A tag may be split over deltas: what may be the beginning of one is held back until it is
    known. Tags in code are text. White space around reasoning at the very beginning is no part of
    the answer, and blank text alone is none.
    """

    def __init__(self) -> None:
        self._held = ""
        self._closing = ""
        """The tag that ends the reasoning under way."""
        self._began = False
        """Whether the answer has begun, with something that is not blank."""
        self._skips_blank = False
        """Whether white space that follows is dropped: that behind a tag."""
        self._code = _Code()

    def feed(self, delta: str) -> Iterator[Text | Reasoning]:
        rest, self._held = self._held + delta, ""
        while rest:
            if self._skips_blank:
                rest = rest.lstrip()
                self._skips_blank = not rest
                continue
            if self._closing:
                inside, rest = self._split_reasoning(rest)
                if inside:
                    yield Reasoning(inside)
            else:
                shown, rest = self._split_answer(rest)
                if shown:
                    self._began = True
                    yield Text(shown)

    def end(self) -> Iterator[Text | Reasoning]:
        """What was held back, as what it then is."""
        rest, self._held = self._held, ""
        if self._closing:
            if rest:
                yield Reasoning(rest)
        elif rest and (self._began or rest.strip()):
            yield Text(rest)

    def _split_reasoning(self, text: str) -> tuple[str, str]:
        """The reasoning up to its end, and the answer behind it."""
        inside, tag, behind = text.partition(self._closing)
        if not tag:
            return self._without_partial_tag(inside, (self._closing,)), ""
        self._closing = ""
        self._skips_blank = not self._began
        return inside, behind

    def _split_answer(self, text: str) -> tuple[str, str]:
        """The answer up to the next reasoning, and what is behind its tag."""
        shown, behind = self._shown(text)
        if not self._began and not shown.strip():
            if not self._closing:
                self._held = shown + self._held
            shown = ""
        return shown, behind

    def _shown(self, text: str) -> tuple[str, str]:
        if not _SPECIAL.search(text):
            self._code.see(text)
            return text, ""
        text = self._without_partial_tag(text, _TAGS)
        for token in _TOKEN.finditer(text):
            if token[0] in _TAGS and not self._code.inside:
                self._closing = f"</{token[0][1:]}"
                self._skips_blank = True
                behind, self._held = text[token.end() :] + self._held, ""
                return text[: token.start()], behind
            if token.end() == len(text) and token[0][0] in "`~":
                # There may be more of these in the next delta.
                self._held = token[0] + self._held
                return text[: token.start()], ""
            self._code.see(token[0])
        return text, ""

    def _without_partial_tag(self, text: str, tags: tuple[str, ...]) -> str:
        """`text` without the beginning of a tag at its end, which is held back."""
        at = text.rfind("<")
        tail = text[at:] if at >= 0 else ""
        if tail and any(tag.startswith(tail) and tag != tail for tag in tags):
            self._held = tail
            return text[:at]
        return text


class _Code:
    """Whether Markdown is inside code, between fences or backticks."""

    def __init__(self) -> None:
        self._fence = ""
        self._opens_fence = False
        """Whether this line is the one with the opening fence."""
        self._closes_fence = False
        """Whether this line closes the fence, if nothing follows."""
        self._ticks = 0
        """Of the inline code that is open."""
        self._at_start = True
        """Whether the line has been blank so far."""

    @property
    def inside(self) -> bool:
        return bool(self._fence or self._ticks)

    def see(self, part: str) -> None:
        """The next of the text: a line's end, a run of marks, or other text without those."""
        if part == "\n":
            self._end_line()
        elif part[0] in "`~":
            self._see_marks(part)
            self._at_start = False
        elif not part.isspace():
            self._at_start = self._closes_fence = False

    def _end_line(self) -> None:
        if self._closes_fence:
            self._fence = ""
        if self._at_start:
            self._ticks = 0  # The paragraph is over.
        self._opens_fence = self._closes_fence = False
        self._at_start = True

    def _see_marks(self, marks: str) -> None:
        if self._fence:
            if self._opens_fence and marks[0] == "`" == self._fence[0]:
                # It was no fence: a fence's line has no more backticks.
                self._ticks = 0 if len(marks) == len(self._fence) else len(self._fence)
                self._fence = ""
            elif self._at_start:
                self._closes_fence = marks.startswith(self._fence)
        elif self._at_start and not self._ticks and len(marks) >= _FENCE:
            self._fence, self._opens_fence = marks, True
        elif marks[0] == "`":
            self._ticks = 0 if self._ticks == len(marks) else self._ticks or len(marks)
