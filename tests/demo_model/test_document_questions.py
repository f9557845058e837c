"""Questions to documents, found by the real search and answered by quoting."""

import re

import pytest

from tests.demo_model.conversation import questions, reply, request, text_of, user
from tests.demo_model.deployment import Deployment
from waypost.agents import prompts
from waypost.knowledge import Passage


async def answer(deployment: Deployment, question: str) -> tuple[str, list[Passage]]:
    knowledge = deployment.resources.knowledge
    assert knowledge
    passages = await knowledge.search(question)
    system = prompts.with_passages("Answer from the passages.", passages)
    return text_of(await reply(request(system, [user({"text": question})]))), passages


@pytest.mark.parametrize(("question", "expected"), questions("handbook"))
async def test_the_demo_company(demo: Deployment, question: str, expected: str) -> None:
    text, _ = await answer(demo, question)

    assert all(word.lower() in text.lower() for word in expected.split("; ")), text


@pytest.mark.parametrize(("question", "expected"), questions("policies"))
async def test_policies(shop: Deployment, question: str, expected: str) -> None:
    text, _ = await answer(shop, question)

    assert all(word.lower() in text.lower() for word in expected.split("; ")), text


@pytest.mark.parametrize("question", [line[0] for line in questions("handbook")])
async def test_every_sentence_is_a_quote_from_the_passage_it_cites(
    demo: Deployment, question: str
) -> None:
    text, passages = await answer(demo, question)

    quotes = re.findall(r"(?:^|\s)(.+?) \[(\d+)\]", text)
    assert quotes
    for quote, index in quotes:
        words = re.findall(r"\w+", quote.removeprefix("Yes: ").removeprefix("No: "))
        passage = re.findall(r"\w+", passages[int(index) - 1].text)
        listed = words[1:] if words[0].isdigit() else words
        assert set(listed) <= set(passage), quote
