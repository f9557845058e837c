"""What English words have to do with tables: general language, nothing of any one database."""

import re


def _set(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\S+", text))


PEOPLE = _set(
    "customer client employee staff technician user member person people contact agent driver "
    "doctor teacher student patient manager worker author owner guest tenant subscriber "
    "salesperson "
    "rep representative consultant engineer nurse candidate participant player actor director "
    "employer supplier vendor colleague mechanic operator artist composer singer musician "
    "band writer "
    "host member tutor trainer"
)
BUYERS = _set(
    "customer client buyer user member guest patient subscriber account tenant student company "
    "shopper consumer"
)
WORKERS = _set(
    "employee staff technician agent rep representative worker driver salesperson consultant "
    "engineer mechanic nurse doctor teacher seller"
)
LABELS = ("name", "title", "label", "subject", "number", "code", "email")
SUPERIORS = _set("manager supervisor boss parent lead superior chief reportsto")
TEXTS = ("description", "note", "comment", "subject", "detail", "text", "name", "title")

SAME = (
    _set("customer client buyer shopper account"),
    _set("employee staff worker personnel colleague"),
    _set("technician engineer mechanic fitter repairman tech"),
    _set("track song tune"),
    _set("album record lp"),
    _set("artist band musician singer performer"),
    _set("movie film picture"),
    _set("job visit appointment assignment callout workorder servicecall ticket task"),
    _set("order purchase"),
    _set("invoice bill"),
    _set("product item article good"),
    _set("part component spare"),
    _set("city town"),
    _set("state province"),
    _set("region area territory district"),
    _set("category type kind sort"),
    _set("genre style"),
    _set("email mail e-mail"),
    _set("phone telephone"),
    _set("postal zip postcode"),
    _set("company firm employer organisation organization"),
    _set("country nation"),
    _set("department division"),
    _set("price cost"),
    _set("salary wage pay"),
    _set("amount total sum value"),
    _set("quantity unit qty count"),
    _set("stock inventory"),
    _set("trade specialty speciality skill profession craft"),
    _set("title position"),
    _set("birth birthday birthdate born"),
    _set("hire hired joined employed start"),
    _set("status state"),
    _set("playlist list"),
    _set("line item row"),
    _set("size bytes byte"),
    _set("length duration millisecond minute second runtime"),
    _set("priority urgency"),
    _set("plan subscription package tier"),
    _set("branch office location"),
    _set("manager boss supervisor superior"),
    _set("rep representative agent"),
    _set("composer songwriter writer"),
    _set("format medium"),
)

MONEY = _set(
    "revenue sale sales income turnover earning earnings money spending proceeds takings spend "
    "spent earned invoiced billed billing business revenues paid"
)
MONEY_COLUMNS = ("revenue", "total", "amount", "sale", "value", "sum", "payment", "price", "cost")
TRANSACTIONS = _set("invoice order sale payment bill transaction purchase booking receipt")
PRICES = ("price", "cost", "fee", "rate", "amount", "total", "salary")
QUANTITIES = ("quantity", "qty", "unit", "count", "piece")
DURATIONS = (
    "millisecond",
    "duration",
    "length",
    "hour",
    "minute",
    "second",
    "runtime",
    "day",
    "distance",
)
PLACES = ("city", "country", "state", "region", "address", "town", "province", "location", "office")

WIDE = _set(
    "europe asia africa america oceania scandinavia emea apac eu east west north south midwest "
    "benelux balkans"
)

BUYING = re.compile(
    r"\b(buy|buys|bought|buying|purchase[ds]?|order(s|ed)?|spen[dt]s?|pa(y|id|ys))\b"
)
SELLING = re.compile(r"\b(sell|sells|sold|selling|sales)\b")

MILLISECONDS = {"second": 1000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
BYTES = {
    "kb": 1000,
    "mb": 1_000_000,
    "gb": 1_000_000_000,
    "kilobyte": 1000,
    "megabyte": 1_000_000,
    "gigabyte": 1_000_000_000,
}

NUMBERS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
    )
} | {"dozen": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "fifty": 50, "hundred": 100}

COUNTRIES = (
    _set("usa us u.s. u.s.a. united_states america american americans united_states_of_america"),
    _set("uk u.k. united_kingdom britain great_britain british england gb"),
    _set("germany german germans deutschland"),
    _set("france french"),
    _set("brazil brazilian brazilians brasil"),
    _set("canada canadian canadians"),
    _set("norway norwegian norwegians"),
    _set("portugal portuguese"),
    _set("spain spanish"),
    _set("italy italian italians"),
    _set("india indian indians"),
    _set("australia australian australians"),
    _set("austria austrian austrians"),
    _set("belgium belgian belgians"),
    _set("chile chilean chileans"),
    _set("denmark danish"),
    _set("finland finnish"),
    _set("hungary hungarian hungarians"),
    _set("ireland irish"),
    _set("netherlands holland dutch the_netherlands"),
    _set("poland polish"),
    _set("sweden swedish"),
    _set("argentina argentinian argentine"),
    _set("czech_republic czech czechia"),
    _set("switzerland swiss"),
    _set("mexico mexican mexicans"),
    _set("japan japanese"),
    _set("china chinese"),
    _set("russia russian"),
    _set("greece greek"),
    _set("turkey turkish"),
    _set("scotland scottish"),
)


def same(word: str) -> frozenset[str]:
    """Words that stand for the same thing, without the word itself."""
    found: set[str] = set()
    for group in SAME:
        if word in group:
            found |= group
    return frozenset(found - {word})


def country(phrase: str) -> frozenset[str]:
    """Other names of the country that `phrase` names, lower-case."""
    wanted = phrase.lower().replace(" ", "_")
    group = next((group for group in COUNTRIES if wanted in group), frozenset[str]())
    return frozenset(name.replace("_", " ") for name in group)
