"""The words of texts and of questions, for scripts with spaces between words and without.

Chinese, Japanese, Thai and their like are cut into pairs of characters, each of which is a word
(https://lucene.apache.org/core/9_0_0/analysis/common/org/apache/lucene/analysis/cjk/CJKBigramFilter.html);
Korean too, whose words have endings of many kinds.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from difflib import SequenceMatcher
from itertools import groupby, pairwise

_UNSPACED = re.compile(
    "["
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # Japanese
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese
    "\uac00-\ud7af"  # Korean
    "]+"
)
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "a about after again all also am an and any are as at be been before being but by can "
        "could did do does doing for from get give had has have having he her him his how i if "
        "in into is it its just like may me mine more most must my no not of on one or our ours "
        "please shall she should so some such tell than that the their them then there these "
        "they this those to too up us very was we were what when where which while who whom "
        "whose why will with would you your yours",
    )
)
_MAX_TERMS = 64
_MAX_TRIGRAMS = 160
_MIN_MISSPELT = 4
_MIN_COMPOUND = 5
_MIN_ALIKE = 0.8
"""Of the letters of two words, in their order: "reciept" and "receipt" have more in common."""
_MIN_PAIRS_ALIKE = 0.5
"""The same of pairs of letters, which takes less time to compare."""


def indexed(text: str) -> str:
    """A text as the index is given it: with spaces between all that is a word."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text)
    return _UNSPACED.sub(lambda run: f" {' '.join([*_pairs(run[0]), run[0][-1]])} ", text)


def full_text_query(question: str) -> str:
    """What FTS5 is asked for: any of the question's words; empty where there is none."""
    words, pairs = _words(question)
    words = [word for word in words if word not in _COMMON] or ([] if pairs else words)
    terms = [*(f'"{word}"' for word in words), *map(_pair_term, pairs)]
    return " OR ".join(terms[:_MAX_TERMS])


def trigram_query(question: str) -> str:
    """What an index of all runs of three characters is asked for: those of the question's words."""
    runs = dict.fromkeys(_trigrams(misspellable(question)))
    return " OR ".join(f'"{run}"' for run in list(runs)[:_MAX_TRIGRAMS])


def misspellable(question: str) -> list[str]:
    """The words of a question that are long enough to be known by their parts."""
    return [
        word for word in _words(question)[0] if len(word) >= _MIN_MISSPELT and word not in _COMMON
    ]


def written_alike(asked: Collection[str], text: str) -> bool:
    """Whether one of the words is misspelt in the text, or a part of a longer word, or has one."""
    return any(_is_alike(word, other) for other in set(words(text)) for word in asked)


def words(text: str) -> Iterator[str]:
    """Runs of letters, digits and marks, in lower case."""
    for is_word, run in groupby(text, _belongs_to_word):
        if is_word:
            yield "".join(run).lower()


def _words(question: str) -> tuple[list[str], list[str]]:
    """The words of scripts with spaces, and the pairs of those without."""
    question = unicodedata.normalize("NFKC", question)
    spaced = list(dict.fromkeys(words(_UNSPACED.sub(" ", question))))
    pairs = [pair for run in _UNSPACED.findall(question) for pair in _pairs(run) or [run]]
    return spaced, list(dict.fromkeys(pairs))


def _pair_term(pair: str) -> str:
    """A single character is asked for as the beginning of any pair."""
    return f'"{pair}"*' if len(pair) == 1 else f'"{pair}"'


def _pairs(run: str) -> list[str]:
    return [first + second for first, second in pairwise(run)]


def _trigrams(found: Iterable[str]) -> Iterator[str]:
    for word in found:
        yield from (word[at : at + 3] for at in range(len(word) - 2))


def _belongs_to_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _is_alike(word: str, other: str) -> bool:
    if min(len(word), len(other)) >= _MIN_COMPOUND and (word in other or other in word):
        return True
    ours, theirs = set(_pairs(f" {word} ")), set(_pairs(f" {other} "))
    may_be = 2 * len(ours & theirs) >= _MIN_PAIRS_ALIKE * (len(ours) + len(theirs))
    return may_be and SequenceMatcher(None, word, other).ratio() >= _MIN_ALIKE
