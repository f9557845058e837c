"""A server of tools that speaks the Model Context Protocol, to see one at work.

It is the protocol's own Python package, in a process of its own; only the local stack has it.
"""
