"""English words: cut out of text, brought to a stem, told apart from mere grammar."""

import re
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:['\u2019.&/-][^\W_]+)*")
_IRREGULAR = dict(
    pair.split(":")
    for pair in re.findall(
        r"\S+",
        "paid:pay sent:send kept:keep held:hold sold:sell bought:buy spent:spend left:leave "
        "lost:lose made:make got:get went:go gone:go took:take taken:take wrote:write "
        "written:write men:man women:woman people:person children:child died:die dead:die "
        "death:die deceased:die told:tell said:say found:find gave:give given:give came:come "
        "broke:break broken:break drove:drive driven:drive fell:fall fallen:fall ate:eat "
        "won:win wore:wear worn:wear met:meet brought:bring caught:catch taught:teach built:build "
        "slept:sleep began:begin begun:begin chose:choose chosen:choose stole:steal stolen:steal "
        "news:news data:data series:series species:species bus:bus gas:gas status:status "
        "address:address business:business process:process class:class access:access "
        "less:less this:this his:his is:is was:was has:has does:does us:us plus:plus always:always "
        "genres:genre sales:sale series:series movies:movie cookies:cookie bonus:bonus "
        "expenses:expense invoices:invoice licenses:license analyses:analysis",
    )
)
_SUFFIXES = re.findall(
    r"\w+",
    "izations ization isations isation ational ations ation itions ition ments ment nesses ness "
    "ingly ings ing edly ied ed ally ly ions ion als al ances ance ences ence ability able ible "
    "ships ship ers er ors or ives ive ities ity ies y e",
)
STOP = frozenset(
    re.findall(
        r"\S+",
        "a about after again all also am an and any are as at be been before being but by can "
        "could did do does doing for from get gets give had has have having he her here him his "
        "how i i'd i'm if in into is it it's its just let like may me mine must my no not of on "
        "one or our ours out please s shall she should so some such t tell than that that's the "
        "their them then there there's these they this those to too up us very was we were what "
        "what's when where which while who who's whom whose why will with would you your yours "
        "much many long often old happen happens happened need needs want wants know does doesn't "
        "don't ever still actually exactly offer offers provide come comes per each every between "
        "during until within yet",
    )
)


def words(text: str) -> list[str]:
    """Words as they stand: `O'Brien`, `e-mail`, `24`."""
    return _WORD.findall(text)


@lru_cache(maxsize=20_000)
def singular(word: str) -> str:
    """A noun's singular, lower-case: `Countries` → `country`."""
    word = re.sub(r"['\u2019]s?$", "", word.lower())
    if word in _IRREGULAR:
        return str(_IRREGULAR[word])
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if re.search(r"(ss|sh|ch|x|zz)es$", word):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not re.search(r"(ss|us|is)$", word):
        return word[:-1]
    return word


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """What inflected and derived forms share: `cancellation`, `cancelled` → `cancel`."""
    word = _american(singular(word).replace("-", ""))
    word = _IRREGULAR.get(word, word)
    if word.isdigit() or len(word) < 4:
        return word
    for suffix in _SUFFIXES:
        root = word[: -len(suffix)]
        if word.endswith(suffix) and _stands(root, suffix):
            return _bare(root)
    return word


def content(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order, each once."""
    text = re.sub(r"\bkeep(?:s|ing)? (?=\w+ing\b)", "", text, flags=re.IGNORECASE)
    text = re.sub(r"\btim(?:e[sd]?|ing)[ -]outs?\b", "timeout", text, flags=re.IGNORECASE)
    found = (stem(word) for word in words(text) if word.lower().replace("\u2019", "'") not in STOP)
    return list(dict.fromkeys(found))


def _american(word: str) -> str:
    """One spelling for both sides of the ocean; not always a right one, but always the same."""
    if len(word) < 6:
        return word
    return word.replace("ll", "l").replace("our", "or").replace("is", "iz").replace("ce", "se")


def _stands(root: str, suffix: str) -> bool:
    least = 4 if suffix in {"er", "ers", "or", "ors", "al", "als", "y", "ly", "ive", "ed"} else 3
    if suffix in {"er", "ers", "or", "ors"}:
        least = 5
    if suffix == "ed" and len(root) == 3:
        least = 3
    if suffix == "y" and root[-1:] in "aeo":
        return False
    return len(root) >= least and bool(re.search(r"[aeiouy]", root))


def _bare(root: str) -> str:
    if re.search(r"([b-df-hj-np-tv-z])\1$", root) and not root.endswith("ss"):
        root = root[:-1]
    return root[:-1] if len(root) > 4 and root[-1] in "ei" else root
