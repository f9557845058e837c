"""Where the index of a folder is: shipped with it, or kept by its content in another folder."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from waypost.knowledge import documents, index
from waypost.knowledge.documents import DocumentFile

PREBUILT = ".waypost-index.sqlite"


def current_index(root: Path, cache: Path) -> Path:
    """The index of the folder as it is now, built if it does not exist yet.

    Files are only read where a name, a size or a time of change is new.

    Raises:
        OSError, sqlite3.Error: It cannot be written.
    """
    files = documents.listed(root)
    prebuilt = root / PREBUILT
    if not os.access(root, os.W_OK) and index.is_of(prebuilt, files):
        # Contents do not change on a read-only file system, such as Lambda's /opt.
        return prebuilt
    remembered = cache / f"waypost-{_listing_key(root, files)}.index"
    return _remembered(remembered) or _by_content(root, cache, files, remembered)


def prebuild(root: Path) -> None:
    """Writes the index into the folder, to be shipped with it."""
    from waypost.knowledge import building

    building.build(root, documents.listed(root), root / PREBUILT)


def _by_content(root: Path, cache: Path, files: Sequence[DocumentFile], remembered: Path) -> Path:
    found = cached_index(cache, hashes := _hashes(root, files))
    if index.has_hashes(root / PREBUILT, hashes):
        found = root / PREBUILT
    elif not found.exists():
        # The parsers are only imported where they are needed.
        from waypost.knowledge import building

        building.build(root, files, found)
    fresh = remembered.with_suffix(f".{os.getpid()}")
    fresh.write_text(str(found.absolute()), encoding="utf-8")
    fresh.replace(remembered)
    return found


def _remembered(file: Path) -> Path | None:
    """The index that a file names, if it still exists."""
    try:
        found = Path(file.read_text(encoding="utf-8"))
    except OSError:
        return None
    return found if found.is_file() else None


def cached_index(cache: Path, hashes: dict[str, str]) -> Path:
    """Where the index of files with these contents is, or will be."""
    return cache / f"waypost-{_key([index.LAYOUT, *hashes.items()])}.sqlite"


def _hashes(root: Path, files: Sequence[DocumentFile]) -> dict[str, str]:
    return {file.name: _hash(root, file) for file in files}


def _hash(root: Path, file: DocumentFile) -> str:
    data = file if file.left_out else documents.read(root, file)
    return "" if isinstance(data, DocumentFile) else documents.content_hash(data)


def _listing_key(root: Path, files: Sequence[DocumentFile]) -> str:
    listed = ([f.name, f.size, f.modified_ns, f.mode, f.left_out] for f in files)
    return _key([index.LAYOUT, str(root.absolute()), *listed])


def _key(values: list[object]) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:24]
