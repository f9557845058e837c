"""Names of tables and columns as SQLite compares and writes them."""

_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def folded(name: str) -> str:
    """Equal for names that SQLite takes as the same: it folds the letters of ASCII and no others.

    https://sqlite.org/c3ref/stricmp.html
    """
    return name.translate(_LOWER)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
