"""Shipped agents that are written with LangChain.

Whoever imports one imports LangChain, and only the agent that names it does.
"""
