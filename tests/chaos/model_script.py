"""The expected answer to a question, which follows from the question's tag alone."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

TAG = re.compile(r"«([a-z_]+:\d+:\d+(?::short|:slow|:paced)?)»")
_WORDS = re.compile(r"\s*\S+")
CITES = "[1]"
_ODD_COLUMNS = (
    ", 9e999 AS huge, -1e308 AS low, 9223372036854775807 AS big, 0.1 + 0.2 AS sum, "
    "x'00ff' AS bytes, '\u2028\U0001f332' AS line, '' AS empty, null AS absent"
)
"""Of the tag `odd`: what DynamoDB, JSON and readers of lines do not take as it is."""
_GAPS = {"slow": 0.06, "paced": 0.015}


@dataclass(frozen=True)
class ModelOutput:
    """The output of one model call: reasoning, then text, then SQL for the tool."""

    reasoning: str = ""
    text: str = ""
    statements: tuple[str, ...] = ()

    @property
    def deltas(self) -> int:
        return sum(len(words(part)) for part in (self.reasoning, self.text)) + len(self.statements)


@dataclass(frozen=True)
class AnswerScript:
    """`first` and `gap` are seconds: before the first word of a call, and between two."""

    agent: Literal["sql", "rag"]
    calls: tuple[ModelOutput, ...]
    first: float
    gap: float
    cites: bool
    shortened: bool
    """The last call's text ends at half its length, unless a part of it was sent before."""

    @property
    def answer(self) -> str:
        """The whole answer: the texts of all calls as paragraphs."""
        return "\n\n".join(call.text for call in self.calls if call.text)

    @property
    def statements(self) -> list[str]:
        return [statement for call in self.calls for statement in call.statements]

    @property
    def deltas(self) -> int:
        """About as many events as the answer's stream has."""
        return sum(call.deltas for call in self.calls)


def question(tag: str) -> str:
    return f"What is there to say about «{tag}»?"


def script_for(tag: str) -> AnswerScript:
    """The script of a tag: the same tag has always the same one.

    One that ends in `:short` is shortened, one that ends in `:paced` takes a second or so, one
    that ends in `:slow` several.
    """
    rng = random.Random(tag)
    slow = tag.endswith(":slow")
    odd = tag.startswith("odd:")
    agent: Literal["sql", "rag"] = "sql" if odd else rng.choice(["sql", "sql", "rag"])
    cites = agent == "rag" and rng.random() < 0.5
    tool_calls = rng.choice([1, 2] if odd else [0, 1, 1, 2]) if agent == "sql" else 0
    calls = [_tool_output(rng, tag, n) for n in range(tool_calls)]
    count = 110 if slow else rng.choice([3, 20, 60, 120])
    calls.append(_final_output(rng, len(calls), count, cites=cites))
    return AnswerScript(
        agent=agent,
        calls=tuple(calls),
        first=rng.choice([0.0, 0.05, 0.2]),
        gap=_GAPS.get(tag.rpartition(":")[2]) or rng.choice([0.0, 0.002, 0.005, 0.01]),
        cites=cites,
        shortened=tag.endswith(":short"),
    )


def without_tools(script: AnswerScript) -> AnswerScript:
    """The same answer in one call without tools."""
    return replace(script, calls=(ModelOutput("", script.answer),))


def words(text: str) -> list[str]:
    """`text` in words with the white space before them; joined they are the text again."""
    return _WORDS.findall(text)


def tag_in(messages: Sequence[Any]) -> tuple[str, int] | None:
    """The tag of the question that a call is about, and its index: the last question of a user."""
    for index in range(len(messages) - 1, -1, -1):
        if messages[index]["role"] != "user":
            continue
        text = "".join(block.get("text", "") for block in messages[index]["content"])
        if found := TAG.findall(text):
            return found[-1], index
    return None


def remaining_output(script: AnswerScript, since: Sequence[Any]) -> ModelOutput:
    """The output that is missing after the messages since the question.

    Where the messages hold a text that is not the script's, the output names it, and so the
    invariants find it in the answer.
    """
    called, done = _statements(since)
    call = next((c for c in script.calls if set(c.statements) - done), script.calls[-1])
    remaining = tuple(s for s in call.statements if s not in done)
    if called & set(call.statements):
        return ModelOutput("", "", remaining)
    sent = _text_since_result(since).lstrip("\n")
    if not sent:
        return call
    if sent.startswith(call.text):
        return ModelOutput("", "", remaining)
    if not call.text.startswith(sent):
        return ModelOutput("", f" ⟦the model was shown {sent[-60:]!r}⟧", remaining)
    return ModelOutput("", call.text[len(sent) :], remaining)


def _statements(since: Sequence[Any]) -> tuple[set[str], set[str]]:
    """The statements that were called, and those that have a result; a failed one has none."""
    blocks = [block for message in since for block in message["content"]]
    called = {
        block["toolUse"]["toolUseId"]: block["toolUse"]["input"].get("sql", "")
        for block in blocks
        if "toolUse" in block
    }
    results = [block["toolResult"] for block in blocks if "toolResult" in block]
    done = {called[r["toolUseId"]] for r in results if r.get("status") != "error"}
    return set(called.values()), done


def _text_since_result(since: Sequence[Any]) -> str:
    text = ""
    for message in since:
        if any("toolResult" in block for block in message["content"]):
            text = ""
        elif message["role"] == "assistant":
            text += "".join(block.get("text", "") for block in message["content"])
    return text


def _tool_output(rng: random.Random, tag: str, number: int) -> ModelOutput:
    count = rng.choice([1, 1, 2])
    odd = _ODD_COLUMNS if tag.startswith("odd:") else ""
    statements = tuple(
        f"SELECT '{tag}/{number}/{n}' AS mark, count(*) AS n{odd} FROM technicians"
        for n in range(count)
    )
    text = _text(rng, f"{number}", rng.randint(1, 12)) if rng.random() < 0.4 else ""
    return ModelOutput(_reasoning(rng), text, statements)


def _final_output(rng: random.Random, number: int, count: int, *, cites: bool) -> ModelOutput:
    text = _text(rng, f"{number}", count)
    if cites:
        text += f" {CITES} and so it ends."
    return ModelOutput(_reasoning(rng), text)


def _reasoning(rng: random.Random) -> str:
    return _text(rng, "r", rng.randint(1, 8)) if rng.random() < 0.25 else ""


def _text(rng: random.Random, name: str, count: int) -> str:
    """Words that differ from each other, so that a repeated one is found."""
    stems = ["Ash", "birch", "cedar", "élan", "fir", "gum 🌲", "hazel,", "larch.", "oak"]
    return " ".join(f"{rng.choice(stems)}{name}{n}" for n in range(count))
