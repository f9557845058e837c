"""The files of a folder that are documents, and those that are left out, each with its reason."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

SUFFIXES = frozenset({".md", ".markdown", ".txt"})
MAX_BYTES = 64_000_000
"""Of one document."""
_PASSED_OVER = frozenset({"node_modules", "__pycache__"})


@dataclass(frozen=True)
class DocumentFile:
    """A file that may be a document, as its folder lists it."""

    name: str
    """Its path inside the folder, with `/` between its parts."""
    size: int = 0
    modified_ns: int = 0
    mode: int = 0
    left_out: str = ""
    """Why its text is not read; empty if it is."""


def listed(root: Path) -> list[DocumentFile]:
    """Every file of the folder whose name ends like a document's, in the order of their paths.

    Hidden files and folders, `node_modules` and folders behind links are passed over.
    """
    return sorted(_listed(root), key=lambda file: file.name.split("/"))


def read(root: Path, file: DocumentFile) -> bytes | DocumentFile:
    """What the file holds, or the file as one that is left out."""
    try:
        return (root / file.name).read_bytes()
    except OSError as error:
        return replace(file, left_out=_reason(error))


def content_hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _listed(root: Path) -> Iterator[DocumentFile]:
    unreadable: list[OSError] = []
    for folder, folders, names in os.walk(root, onerror=unreadable.append):
        folders[:] = [name for name in folders if not _is_passed_over(name)]
        for name in names:
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith("."):
                path = Path(folder, name)
                yield _described(path, path.relative_to(root).as_posix())
    for error in unreadable:
        name = Path(error.filename or root).relative_to(root).as_posix()
        yield DocumentFile(_printable(name), left_out=_reason(error))


def _described(path: Path, name: str) -> DocumentFile:
    if _printable(name) != name:
        return DocumentFile(_printable(name), left_out="its name is not UTF-8")
    try:
        status = path.stat()
    except OSError as error:
        return DocumentFile(name, left_out=_reason(error))
    reason = ""
    if not stat.S_ISREG(status.st_mode):
        reason = "it is not a regular file"
    elif status.st_size > MAX_BYTES:
        reason = f"it is larger than {MAX_BYTES:,} bytes"
    return DocumentFile(name, status.st_size, status.st_mtime_ns, status.st_mode, reason)


def _is_passed_over(folder: str) -> bool:
    return folder.startswith(".") or folder in _PASSED_OVER


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
