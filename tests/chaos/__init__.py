"""Faults drawn from a seed, end to end over the local stack: `make chaos`.

`script` says what a model is going to say, `model` says it, `faulty` and the stack's own faults
break it. `stack` runs everything, `client` reads as a careful client does, `cases` draws what goes
wrong, `play` lets it happen, `ledger` fetches what is kept, and `checks` compares all of it.
"""
