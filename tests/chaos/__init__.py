"""Faults drawn from a seed, end to end over the local stack: `make chaos`.

`cases` draws the faults of a case from its seed. `stack` runs the local stack over `model`, which
answers as `model_script` has it, behind `fault_injector`. `case_run` runs one case, reading with
`client`; `stored_journal` reads the table; `invariants` checks the result; `runner` does all this
for many cases and `report` prints the results.
"""
