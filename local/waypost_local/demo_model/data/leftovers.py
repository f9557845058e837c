"""Words of a question that no part of the reading accounts for."""

import re

from waypost_local.demo_model.data import vocabulary
from waypost_local.demo_model.data.comparing import compared
from waypost_local.demo_model.data.mentions import TableLink
from waypost_local.demo_model.data.said import Said, Unclear
from waypost_local.demo_model.data.superlatives import superlative
from waypost_local.demo_model.words import STOP, stem

_PLAIN = frozenset(
    stem(word)
    for word in re.findall(
        r"\S+",
        "count number total sum average mean list show give name find get display return tell see "
        "most least top bottom best worst highest lowest largest smallest longest shortest oldest "
        "newest latest earliest cheapest expensive recent recently popular common big small long "
        "short high low great many much more less fewer exactly about approximately overall "
        "altogether combined entire whole complete single individual different distinct unique "
        "various separate current currently now today existing registered present actual real "
        "database data table record row entry company business store shop catalog catalogue "
        "collection system file people person one ones thing item all any each every other others "
        "have has had do does did be been being make made makes come comes came go goes went live "
        "lives lived living reside based located location work works worked working belong belongs "
        "contain contains contained include includes included hold holds exist exists use "
        "uses used "
        "sell sells sold selling buy buys bought buying purchase purchased order ordered "
        "spend spends "
        "spent pay paid pays earn earned earns bring brings brought generate generated generates "
        "place placed issue issued bill billed invoice invoiced hire hired join joined born start "
        "started sign signed register registered employ employed cost costs price priced worth "
        "money revenue sale sales turnover income earnings earning profit-free value amount dollar "
        "euro usd year month quarter week day date time hour minute second per percent percentage "
        "share proportion fraction part ratio between versus compare compared than over "
        "under above "
        "below least first last second third next previous past since before after until during "
        "available possible sort sorted group grouped rank ranked break broken down breakdown by "
        "order alphabetical alphabetically descending ascending respective respectively correspond "
        "associated related linked connected attached assigned assign unassigned never ever "
        "yet not "
        "no none without except excluding other report reports reporting manage manages managed "
        "manager boss supervisor supervise supervised supervises lead leads under direct directly "
        "support supports supported serve served handle handled look looks after responsible "
        "customer write wrote written compose composed sing sang sung record recorded release "
        "released play played perform performed produce produced create created add added complete "
        "completed finish finished do done close closed open opened take takes took need "
        "needs want "
        "like please currently also only just even still so far ago old young age call "
        "called named "
        "titled start starts begin begins end ends with word letter contain mention mentions "
        "average "
        "annual annually monthly yearly quarterly daily weekly trend history figure figures result "
        "information info detail details full contact reach phone number address email id key "
        "stock size length duration run runs last lasts longer shorter bigger smaller higher lower "
        "greater older younger cheaper appear appears carry carries offer offers provide provides "
        "represent represents account accounts log logged track tracked get gets got receive "
        "received busiest active productive valuable profitable loyal selling bestselling seller "
        "spender spenders spending favourite favorite serving paid grossing leading biggest",
    )
)


def check(said: Said) -> None:
    """Raises Unclear for a word that would narrow the question and was not understood.

    `premium customers` or `technicians who are on strike`, where nothing in the tables is premium
    or on strike, must not be answered with all of them.
    """
    for place, token in enumerate(said.tokens):
        if _is_known(said, place):
            continue
        before_noun = isinstance(said.links.at(place + 1), TableLink)
        predicate = re.search(
            r"\b(is|are|was|were|being|been|on|as|(in|from|at|for|with|by|of)( \w+){0,2})\W*$",
            said.low[: token.at],
        )
        last = place >= len(said.tokens) - 2
        after_noun = isinstance(said.links.at(place - 1), TableLink) and last
        after_noun = after_noun or (
            isinstance(said.links.at(place - 1), TableLink) and said.has(r"^how many\b")
        )
        if before_noun or after_noun or (predicate and last):
            raise Unclear(f"Nothing in its tables is called \u201c{token.text}\u201d.")


def _is_known(said: Said, place: int) -> bool:
    token = said.tokens[place]
    if not token.text[0].isalpha() or len(token.text) < 3:
        return True
    if any(w.at <= token.at < w.to for w in said.whens) or said.links.at(place):
        return True
    best = superlative(said)
    if best and best.at <= place < best.to:
        return True
    if any(one.first <= place <= one.last + 1 for one in compared(said)):
        return True
    if re.search(r"(ly|est)$", token.low) or token.low in vocabulary.NUMBERS:
        return True
    if re.search(
        r"\b(start|begin|end|contain|mention|includ|word|called|named|titled)\w*\b",
        said.low[: token.at],
    ):
        return True
    return token.low in STOP or token.stem in _PLAIN or token.word in vocabulary.MONEY
