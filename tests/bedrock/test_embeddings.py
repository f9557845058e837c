"""Titan's embedding call, answered with hashed n-grams."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.bedrock.stand_in import Scripted, client, on_a_port
from waypost_local.bedrock import app
from waypost_local.bedrock.embeddings import titan

TITAN = "amazon.titan-embed-text-v2:0"


def cosine(one: str, other: str) -> float:
    left, right = (titan({"inputText": text})["embedding"] for text in (one, other))
    return sum(a * b for a, b in zip(left, right, strict=True))


def test_boto3_gets_a_vector_of_length_one() -> None:
    with on_a_port(app(Scripted())) as url:
        answer = client(url).invoke_model(
            modelId=TITAN, body=json.dumps({"inputText": "overtime rules", "dimensions": 256})
        )
        body = json.loads(answer["body"].read())

    assert len(body["embedding"]) == 256
    assert sum(value * value for value in body["embedding"]) == pytest.approx(1)
    assert body["inputTextTokenCount"] == 3


def test_the_same_text_gets_the_same_vector() -> None:
    assert titan({"inputText": "gas leak"}) == titan({"inputText": "gas leak"})


def test_shared_words_bring_vectors_together() -> None:
    near = cosine("How is overtime paid?", "Overtime is paid at 1.5 times the rate")
    far = cosine("How is overtime paid?", "Ladders are inspected every 6 months")

    assert near > far + 0.1


@pytest.mark.parametrize("body", [{}, {"inputText": ""}, {"inputText": "x", "dimensions": 7}])
def test_what_titan_refuses(body: dict[str, Any]) -> None:
    with on_a_port(app(Scripted())) as url, pytest.raises(ClientError) as raised:
        client(url).invoke_model(modelId=TITAN, body=json.dumps(body))

    assert raised.value.response["Error"]["Code"] == "ValidationException"
