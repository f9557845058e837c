"""The command line of whoever asks: `waypost ask`, `waypost batch`."""

from waypost_local.terminal.commands import main

__all__ = ["main"]
