"""The built-in model: it reads a prompt and answers from what is in it, and from nothing else.

It is no language model. `routing` picks an agent by words, `documents` quotes sentences, `data`
writes SQL by rules. The same prompt gets the same answer, always.
"""

from waypost_local.demo_model.model import DemoModel

__all__ = ["DemoModel"]
