"""Answers from passages: the sentences that answer are chosen and quoted, never rewritten."""

from waypost_local.builtin.documents.answer import answer

__all__ = ["answer"]
