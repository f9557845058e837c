"""What the model is going to say to a question: the truth that every answer is held against."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

TAG = re.compile(r"«([a-z_]+:\d+:\d+(?::short|:slow|:paced)?)»")
_WORDS = re.compile(r"\s*\S+")
CITES = "[1]"
_GAPS = {"slow": 0.06, "paced": 0.015}


@dataclass(frozen=True)
class Said:
    """One model call: reasoning, then text, then SQL for the tool, each of it once."""

    reasoning: str = ""
    text: str = ""
    statements: tuple[str, ...] = ()

    @property
    def deltas(self) -> int:
        return sum(len(words(part)) for part in (self.reasoning, self.text)) + len(self.statements)


@dataclass(frozen=True)
class Script:
    """`first` and `gap` are seconds: before the first word of a call, and between two."""

    agent: Literal["sql", "rag"]
    calls: tuple[Said, ...]
    first: float
    gap: float
    cites: bool
    shortened: bool
    """The last call's text ends at half its length where nothing of it was said before."""

    @property
    def answer(self) -> str:
        """All that is said, as it is put together."""
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


def script(tag: str) -> Script:
    """The same for the same tag, always.

    One that ends in `:short` is shortened, one that ends in `:paced` takes a second or so, one
    that ends in `:slow` several.
    """
    rng = random.Random(tag)
    slow = tag.endswith(":slow")
    agent: Literal["sql", "rag"] = rng.choice(["sql", "sql", "rag"])
    cites = agent == "rag" and rng.random() < 0.5
    asked = rng.choice([0, 1, 1, 2]) if agent == "sql" else 0
    calls = [_asking(rng, tag, n) for n in range(asked)]
    count = 110 if slow else rng.choice([3, 20, 60, 120])
    calls.append(_answering(rng, len(calls), count, cites=cites))
    return Script(
        agent=agent,
        calls=tuple(calls),
        first=rng.choice([0.0, 0.05, 0.2]),
        gap=_GAPS.get(tag.rpartition(":")[2]) or rng.choice([0.0, 0.002, 0.005, 0.01]),
        cites=cites,
        shortened=tag.endswith(":short"),
    )


def without_tools(script: Script) -> Script:
    """The same answer from a model that has no tool to call."""
    return replace(script, calls=(Said("", script.answer),))


def words(text: str) -> list[str]:
    """`text` in words with the white space before them; joined they are the text again."""
    return _WORDS.findall(text)


def tag_in(messages: Sequence[Any]) -> tuple[str, int] | None:
    """The question that a call is about, and its place: the last one that a user has asked."""
    for place in range(len(messages) - 1, -1, -1):
        if messages[place]["role"] != "user":
            continue
        text = "".join(block.get("text", "") for block in messages[place]["content"])
        if found := TAG.findall(text):
            return found[-1], place
    return None


def rest(script: Script, since: Sequence[Any]) -> Said:
    """What is still to be said after what the messages since the question show.

    A text that is not the script's comes out as such: the check then finds it in the answer.
    """
    asked, done = _statements(since)
    call = next((c for c in script.calls if set(c.statements) - done), script.calls[-1])
    left = tuple(s for s in call.statements if s not in done)
    if asked & set(call.statements):
        return Said("", "", left)
    said = _text_since_result(since).lstrip("\n")
    if not said:
        return call
    if said.startswith(call.text):
        return Said("", "", left)
    if not call.text.startswith(said):
        return Said("", f" ⟦the model was shown {said[-60:]!r}⟧", left)
    return Said("", call.text[len(said) :], left)


def _statements(since: Sequence[Any]) -> tuple[set[str], set[str]]:
    """Those that were asked for, and those whose results are there; one that failed has none."""
    blocks = [block for message in since for block in message["content"]]
    asked = {
        block["toolUse"]["toolUseId"]: block["toolUse"]["input"].get("sql", "")
        for block in blocks
        if "toolUse" in block
    }
    results = [block["toolResult"] for block in blocks if "toolResult" in block]
    done = {asked[r["toolUseId"]] for r in results if r.get("status") != "error"}
    return set(asked.values()), done


def _text_since_result(since: Sequence[Any]) -> str:
    text = ""
    for message in since:
        if any("toolResult" in block for block in message["content"]):
            text = ""
        elif message["role"] == "assistant":
            text += "".join(block.get("text", "") for block in message["content"])
    return text


def _asking(rng: random.Random, tag: str, number: int) -> Said:
    count = rng.choice([1, 1, 2])
    statements = tuple(
        f"SELECT '{tag}/{number}/{n}' AS mark, count(*) AS n FROM technicians" for n in range(count)
    )
    text = _text(rng, f"{number}", rng.randint(1, 12)) if rng.random() < 0.4 else ""
    return Said(_reasoning(rng), text, statements)


def _answering(rng: random.Random, number: int, count: int, *, cites: bool) -> Said:
    text = _text(rng, f"{number}", count)
    if cites:
        text += f" {CITES} and so it ends."
    return Said(_reasoning(rng), text)


def _reasoning(rng: random.Random) -> str:
    return _text(rng, "r", rng.randint(1, 8)) if rng.random() < 0.25 else ""


def _text(rng: random.Random, name: str, count: int) -> str:
    """Words that differ from each other, so that a repeated one is seen."""
    stems = ["Ash", "birch", "cedar", "élan", "fir", "gum 🌲", "hazel,", "larch.", "oak"]
    return " ".join(f"{rng.choice(stems)}{name}{n}" for n in range(count))
