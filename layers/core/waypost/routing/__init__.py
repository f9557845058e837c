"""Which agent answers: what the words alone decide, a small model's label, or the default."""

from waypost.routing.decide import Decision, Router
from waypost.routing.gate import Gates

__all__ = ["Decision", "Gates", "Router"]
