"""The caller's identity, and the names that may become part of a key."""

import re
from dataclasses import dataclass

from waypost.errors import Invalid

_WHO = re.compile(r"[^#\s\x00-\x1f\x7f]{1,128}")
_MAX_THREAD_ID = 500


@dataclass(frozen=True)
class Identity:
    """A user of a tenant, verified once at the edge. Every key in the table starts with it.

    Raises:
        Invalid: A name is empty, over 128 characters, or holds white space or `#`, which
            separates the parts of a key.
    """

    tenant_id: str
    user_id: str
    roles: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for what, name in (("tenant", self.tenant_id), ("user", self.user_id)):
            if not _WHO.fullmatch(name):
                raise Invalid(
                    f"The {what} id must be 1 to 128 characters without white space or '#'.",
                    code=f"invalid_{what}_id",
                )


def check_thread_id(thread_id: str) -> str:
    """`thread_id` if a client may choose it: any text of some length. Raises Invalid otherwise."""
    if not thread_id.strip() or len(thread_id) > _MAX_THREAD_ID:
        raise Invalid(
            f"A thread id must be 1 to {_MAX_THREAD_ID} characters.", code="invalid_thread_id"
        )
    return thread_id
