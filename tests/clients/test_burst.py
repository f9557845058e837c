"""Many first questions at once: each is answered, or refused as AWS refuses it."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.clients.conftest import started_stack

pytestmark = [pytest.mark.server, pytest.mark.slow]

QUESTIONS = 25


def test_a_burst_on_a_cold_stack_all_ends() -> None:
    with started_stack() as stack:

        def ask(number: int) -> tuple[int, str]:
            body = {"input": f"How many technicians are active? ({number})"}
            response = httpx.post(f"{stack.url}/v1/runs", json=body, timeout=110)
            return response.status_code, response.text

        with ThreadPoolExecutor(QUESTIONS) as pool:
            answers = list(pool.map(ask, range(QUESTIONS)))

        answered = [text for status, text in answers if status == 200]
        assert answered
        assert all('"type":"run.completed"' in text for text in answered)
        refused = [text for status, text in answers if status != 200]
        assert {status for status, _ in answers} <= {200, 429}
        assert all("Rate Exceeded" in text for text in refused)
        # What was refused is answered when it is asked again.
        assert ask(QUESTIONS)[0] == 200
