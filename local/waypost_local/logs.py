"""What a person sees: a line a request, and what functions print."""

import sys
import time

from waypost_local.front import Record


def request(record: Record) -> None:
    first = "-" if record.first_byte is None else f"{record.first_byte * 1000:.0f}"
    line = (
        f"{time.strftime('%H:%M:%S')}  {record.method:<6} {record.path}  {record.status or '-'}  "
        f"first byte {first} ms  total {record.total * 1000:.0f} ms  {record.environment}"
    )
    say(f"{line}  ({record.note})" if record.note else line)


def output(name: str, line: str) -> None:
    say(f"          {name} | {line}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
