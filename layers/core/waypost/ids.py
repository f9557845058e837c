"""Identifiers that sort by the time they were made (ULID: https://github.com/ulid/spec)."""

import os
import threading
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_lock = threading.Lock()
_last = 0


def ulid() -> str:
    """26 characters of Crockford base 32: 48 bits of milliseconds, 80 random ones.

    Within this process each is greater than the one before, also inside one millisecond.
    """
    global _last
    fresh = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    with _lock:
        _last = fresh if fresh >> 80 > _last >> 80 else _last + 1
        value = _last
    return "".join(_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))


def new_id(kind: str) -> str:
    """An id that says what it names, such as `run_01JD…`."""
    return f"{kind}_{ulid()}"
