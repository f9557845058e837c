"""The agents of each tenant: seeded from files, edited while the deployment runs."""

from waypost.registry.allowed import Allowed
from waypost.registry.editing import Editor
from waypost.registry.registry import Registry

__all__ = ["Allowed", "Editor", "Registry"]
