"""Words of general English that are near each other, so that other wordings are understood."""

from functools import lru_cache

from waypost_local.demo_model.words import stem

_NEAR = """
refund reimburse repay moneyback money back
cancel terminate end stop close quit discontinue
delete remove erase purge destroy wipe
price cost fee charge rate pay tariff expensive
trash bin recycle
keep retain store hold retention save
report notify disclose submit inform tell
contact reach write call email phone
vacation leave holiday timeoff absence
ill sick illness unwell
car van vehicle
boss manager lead supervisor chief director
employee staff worker colleague personnel
customer client buyer subscriber
phone telephone call
email e-mail mail
begin start commence
law legal act regulation statute
comply compliance follow obey adhere
uptime availability available
downtime outage
raise increase change rise rotate replace renew
malware virus
annual year yearly
fall drop sink lose
inclusive include exclusive
inactive inactivity dormant unused idle
vulnerability security bug exploit weakness flaw
notice notification notify announce warn
guarantee warranty promise assure
die incapacitated deceased passed
late overdue delay
buy purchase order
lunch meal food eat
break pause rest
hotel overnight accommodation
overtime extra
own owner ownership belong
allow permit may permission
forbid prohibit ban restrict disallow
abuse misuse violate harass
copyright infringe piracy
password login credential
steal theft stolen lose
share disclose sell pass
fix repair mend
broken damage defect fault
quick fast soon response
install installation setup
visit appointment
reschedule move postpone
complain complaint dispute claim notice notification report
approve approval authorise sign
free gratis complimentary
discount reduction rebate
invoice bill billing
instalment installment part split
wage salary paid pay
night late evening
child minor kid underage
government police authority court
country location where locate host hosted server store
protect secure safe safety protection
encrypt encryption
backup copy
export download
expire end lapse
trial test try
freeze frozen suspend
fail failure unsuccessful
accident injury incident emergency
clothing shoe glove gear wear
"""


@lru_cache(maxsize=1)
def _groups() -> dict[str, frozenset[str]]:
    near: dict[str, set[str]] = {}
    for line in _NEAR.strip().splitlines():
        group = {stem(word) for word in line.split()}
        for word in group:
            near.setdefault(word, set()).update(group - {word})
    return {word: frozenset(group) for word, group in near.items()}


def near(word: str) -> frozenset[str]:
    """Stems close in meaning to a stem."""
    return _groups().get(word, frozenset())
