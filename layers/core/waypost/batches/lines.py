"""Questions of a batch, one JSON object a line."""

import json
from collections.abc import Collection
from dataclasses import dataclass

from pydantic import ValidationError

from waypost.agents.definition import Agents
from waypost.errors import Invalid
from waypost.identity import Identity, check_thread_id
from waypost.json_values import plain
from waypost.records import BatchQuestion

MAX_LINE_BYTES = 400_000
"""Bytes of one line; a message with it has to fit into a queue."""


class LineRejected(Exception):
    """A line is no question. `code` says why in a word, the text in a sentence."""

    def __init__(
        self, code: str, message: str, question_id: str | None = None, question: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.question_id = question_id
        self.question = question


@dataclass(frozen=True)
class QuestionRules:
    """What a question of a batch may name.

    `may_ask_for_others` is whether a line may name another user than the sender.
    """

    agents: Agents
    models: Collection[str]
    max_input: int
    who: Identity
    may_ask_for_others: bool

    def question(self, line: bytes) -> BatchQuestion:
        """Raises LineRejected."""
        if len(line) > MAX_LINE_BYTES:
            raise LineRejected("line_too_long", f"The line is longer than {MAX_LINE_BYTES} bytes.")
        try:
            fields = plain(json.loads(line.decode("utf-8-sig")))
        except UnicodeDecodeError:
            raise LineRejected("not_utf8", "The line is not UTF-8.") from None
        except (ValueError, RecursionError):
            raise LineRejected("not_json", "The line is not JSON.") from None
        if isinstance(fields, str):
            fields = {"question": fields}
        return self.checked(fields)

    def checked(self, fields: object) -> BatchQuestion:
        """Raises LineRejected."""
        if not isinstance(fields, dict):
            raise LineRejected("not_a_question", "The line is no object with a question.")
        named = fields.get("id")
        question_id = named if isinstance(named, str) and len(named) <= 128 else None
        try:
            question = BatchQuestion.model_validate(fields)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            text = f"{field}: {first['msg']}"
            raise LineRejected("invalid_question", text, question_id) from None
        if reason := self._refused(question):
            raise LineRejected(*reason, question_id, question.question)
        return question

    def _refused(self, question: BatchQuestion) -> tuple[str, str] | None:
        if question.invalid:
            return "invalid_question", question.invalid
        if not question.question.strip():
            return "empty_message", "The question is empty."
        if len(question.question) > self.max_input:
            return "message_too_long", f"The question is longer than {self.max_input} characters."
        if question.model and question.model not in self.models:
            return "unknown_model", f"There is no model {question.model!r} here."
        try:
            if question.agent is not None:
                self.agents.named(question.agent)
            if question.thread_id is not None:
                check_thread_id(question.thread_id)
            if question.user_id is not None:
                Identity(self.who.tenant_id, question.user_id)
        except Invalid as error:
            return error.code, error.message
        for_other = question.user_id not in (None, self.who.user_id)
        if for_other and not self.may_ask_for_others:
            return "forbidden", "The sender may not ask for another user."
        return None
