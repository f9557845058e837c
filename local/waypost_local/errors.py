"""What stops a command."""


class CommandError(Exception):
    """One line for whoever typed the command: what is wrong and what to do about it."""
