"""What stops a command: one line for whoever typed it."""


class CommandError(Exception):
    """The line says what is wrong and what to do about it."""
