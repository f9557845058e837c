"""Titan's embedding call, answered with hashed n-grams."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.bedrock.local_bedrock import client
from waypost_local.bedrock.embeddings import titan

pytestmark = pytest.mark.server

TITAN = "amazon.titan-embed-text-v2:0"


def cosine(one: str, other: str) -> float:
    left, right = (titan({"inputText": text})["embedding"] for text in (one, other))
    return float(sum(a * b for a, b in zip(left, right, strict=True)))


def test_boto3_gets_a_vector_of_length_one(bedrock_url: str) -> None:
    answer = client(bedrock_url).invoke_model(
        modelId=TITAN, body=json.dumps({"inputText": "overtime rules", "dimensions": 256})
    )
    body = json.loads(answer["body"].read())

    assert len(body["embedding"]) == 256
    assert sum(value * value for value in body["embedding"]) == pytest.approx(1)
    assert body["inputTextTokenCount"] == 3


def test_the_same_text_gets_the_same_vector() -> None:
    assert titan({"inputText": "gas leak"}) == titan({"inputText": "gas leak"})


def test_texts_that_share_words_have_similar_vectors() -> None:
    near = cosine("How is overtime paid?", "Overtime is paid at 1.5 times the rate")
    far = cosine("How is overtime paid?", "Ladders are inspected every 6 months")

    assert near > far + 0.1


@pytest.mark.parametrize("body", [{}, {"inputText": ""}, {"inputText": "x", "dimensions": 7}])
def test_what_titan_refuses(bedrock_url: str, body: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as raised:
        client(bedrock_url).invoke_model(modelId=TITAN, body=json.dumps(body))

    assert raised.value.response["Error"]["Code"] == "ValidationException"
