"""Which agent answers: one small model's label, by a deadline, or the default."""

from waypost.routing.decide import Decision, Router

__all__ = ["Decision", "Router"]
