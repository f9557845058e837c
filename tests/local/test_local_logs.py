"""The lines that somebody at the terminal reads."""

import json

from waypost_local.logs import Format, Log, Served

SERVED = Served("POST", "/v1/runs", 200, 12, 340, "Chat#1", "request-1")


def record(level: str, message: str, **more: object) -> str:
    return json.dumps({"timestamp": "t", "level": level, "message": message, **more})


def written(*printed: str, form: Format = "text", verbose: bool = False) -> list[str]:
    lines: list[str] = []
    log = Log(lines.append, form, verbose=verbose)
    for line in printed:
        log.printed("Chat#1", line)
    log.served(SERVED)
    return lines


def test_a_request_is_one_line() -> None:
    (line,) = written()
    assert line[8:] == "  POST /v1/runs  200  first 12 ms  total 340 ms  Chat#1"


def test_a_function_is_heard_from_warnings_on() -> None:
    lines = written(record("INFO", "fine"), record("WARNING", "hm", count=2), record("ERROR", "no"))
    assert [line[10:] for line in lines[:-1]] == [
        "Chat#1: WARNING  hm  count=2",
        "Chat#1: ERROR  no",
    ]


def test_verbose_shows_all_of_it() -> None:
    assert written(record("DEBUG", "fine"), verbose=True)[0][10:] == "Chat#1: DEBUG  fine"


def test_whatever_is_no_record_is_shown() -> None:
    lines = written("Traceback", "", "{broken", '{"level": 3}', "[1]")
    said = [line[10:] for line in lines[:-1]]
    assert said == [f"Chat#1: {text}" for text in ("Traceback", "{broken", '{"level": 3}', "[1]")]


def test_a_stack_trace_stands_below_its_record() -> None:
    (line, _) = written(record("ERROR", "no", stackTrace=["one\n", "two"]))
    assert line[10:] == "Chat#1: ERROR  no\n    one\n    two"


def test_the_agent_of_a_request_is_taken_from_the_functions_own_record() -> None:
    (line,) = written(record("INFO", "run ended", requestId="request-1", agent="sql"))
    assert line.endswith("  Chat#1  sql")


def test_every_line_can_be_json() -> None:
    told, request = map(json.loads, written(record("ERROR", "no"), form="json"))
    assert (told["environment"], told["level"], told["message"]) == ("Chat#1", "ERROR", "no")
    assert (request["path"], request["first_ms"], request["total_ms"]) == ("/v1/runs", 12, 340)
    assert "agent" not in request
