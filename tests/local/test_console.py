"""The lines on the console."""

import json

from waypost_local.lambda_.access_log import AccessLogEntry
from waypost_local.stack.console import ConsoleLog, Format

ENTRY = AccessLogEntry("POST", "/v1/runs", 200, 12, 340, "Chat#1", "request-1")


def function_record(level: str, message: str, **more: object) -> str:
    return json.dumps({"timestamp": "t", "level": level, "message": message, **more})


def lines_for(
    *function_output: str, log_format: Format = "text", verbose: bool = False
) -> list[str]:
    lines: list[str] = []
    log = ConsoleLog(lines.append, log_format, verbose=verbose)
    for line in function_output:
        log.function_output("Chat#1", line)
    log.request(ENTRY)
    return lines


def test_a_request_is_one_line() -> None:
    (line,) = lines_for()
    assert line[8:] == "  POST /v1/runs  200  first 12 ms  total 340 ms  Chat#1"


def test_of_a_function_warnings_and_errors_are_shown() -> None:
    lines = lines_for(
        function_record("INFO", "fine"),
        function_record("WARNING", "hm", count=2),
        function_record("ERROR", "no"),
    )
    assert [line[10:] for line in lines[:-1]] == [
        "Chat#1: WARNING  hm  count=2",
        "Chat#1: ERROR  no",
    ]


def test_verbose_shows_all_of_it() -> None:
    assert (
        lines_for(function_record("DEBUG", "fine"), verbose=True)[0][10:] == "Chat#1: DEBUG  fine"
    )


def test_any_other_output_is_shown() -> None:
    lines = lines_for("Traceback", "", "{broken", '{"level": 3}', "[1]")
    texts = [line[10:] for line in lines[:-1]]
    assert texts == [f"Chat#1: {text}" for text in ("Traceback", "{broken", '{"level": 3}', "[1]")]


def test_a_stack_trace_is_printed_below_its_record() -> None:
    (line, _) = lines_for(function_record("ERROR", "no", stackTrace=["one\n", "two"]))
    assert line[10:] == "Chat#1: ERROR  no\n    one\n    two"


def test_the_agent_of_a_request_is_taken_from_the_functions_record() -> None:
    (line,) = lines_for(function_record("INFO", "run ended", requestId="request-1", agent="sql"))
    assert line.endswith("  Chat#1  sql")


def test_every_line_can_be_json() -> None:
    error, request = map(json.loads, lines_for(function_record("ERROR", "no"), log_format="json"))
    assert (error["environment"], error["level"], error["message"]) == ("Chat#1", "ERROR", "no")
    assert (request["path"], request["first_ms"], request["total_ms"]) == ("/v1/runs", 12, 340)
    assert "agent" not in request
