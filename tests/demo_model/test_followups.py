"""Conversations: what "it", "the first one" and "and in Germany?" mean."""

from pathlib import Path

import pytest

from tests.demo_model.conversation import CHINOOK, Conversation

Turns = list[tuple[str, str]]


@pytest.mark.parametrize(
    "turns",
    [
        [
            ("How many technicians are active?", "There are 13 active technicians."),
            ("tell me about the first one", "Mara Lindqvist"),
            ("what is her hourly rate?", "48.50"),
        ],
        [
            ("How many technicians are active?", "13"),
            ("which of them are plumbers?", "- Ben Adeyemi\n- Grace Chen\n- Hana Sato"),
        ],
        [
            ("How many customers are in Graystone?", "There are 10 customers in Graystone."),
            ("and in Saltby?", "customers in Saltby."),
            ("list them", "Garrison Gym"),
        ],
        [
            ("How many jobs were completed in 2025?", "There are 53 jobs completed in 2025."),
            ("and in 2024?", "There are 52 jobs completed in 2024."),
            ("by technician?", "| Ben Adeyemi | 6 |"),
        ],
        [
            ("Top 5 customers by revenue", "1. **Copperfield Mill**"),
            ("How many jobs did the first one have?", "There are 10 jobs of that customer."),
            ("Where is it?", "Fennwick"),
            ("and the second one?", "Novak Family"),
        ],
        [
            ("Which technicians are on leave?", "- Nora Byrne\n- Peter Novak"),
            ("when was the second one hired?", "**Peter Novak** was hired on 3 September 2021."),
        ],
        [
            ("Which region has the most customers?", "**City**"),
            ("and the fewest?", "customers"),
        ],
        [
            ("How many technicians are there?", "There are 18 technicians."),
            ("and customers?", "There are 36 customers."),
        ],
        [
            ("What is the total revenue?", "The total revenue is"),
            ("why?", "not why"),
        ],
    ],
    ids=lambda turns: turns[0][0],
)
async def test_a_conversation(company: Path, turns: Turns) -> None:
    conversation = Conversation(company)
    for question, expected in turns:
        answer = await conversation.ask(question)
        assert expected in answer.text, f"{question}\n{answer}"


@pytest.mark.parametrize(
    "turns",
    [
        [
            ("How many customers are in Brazil?", "There are 5 customers in Brazil."),
            ("tell me about the first one", "**Luís Gonçalves**"),
            ("what is his email?", "luisg@embraer.com.br"),
            ("how much did he spend?", "39.62"),
        ],
        [
            ("How many customers are in Brazil?", "There are 5 customers in Brazil."),
            ("tell me about the first one", "**Luís Gonçalves**"),
            ("and in Germany?", "There are 4 customers in Germany."),
            ("what about the USA?", "There are 13 customers in USA."),
            ("who are they?", "- Dan Miller\n- Frank Harris"),
        ],
        [
            ("Which artist has the most albums?", "It is **Iron Maiden**, with 21 albums."),
            ("How many tracks do they have?", "There are 213 tracks of that artist."),
            ("and AC/DC?", "AC/DC has 18 tracks."),
        ],
        [
            ("List the top 3 genres by number of tracks", "2. **Latin** \u2013 579 tracks"),
            ("tell me about the first one", "It is **Rock**."),
            ("how many tracks does the second one have?", "There are 579 tracks of that genre."),
        ],
        [
            ("What was the revenue in 2022?", "The total revenue of invoices in 2022 is 481.45."),
            ("what about 2023?", "The total revenue of invoices in 2023 is 469.58."),
            ("by country?", "| USA | 103.01 |"),
        ],
    ],
    ids=lambda turns: " ".join(question for question, _ in turns),
)
async def test_a_conversation_with_a_music_shop(turns: Turns) -> None:
    """Its tracks are called `One`, `First` and the like: a name is no name in every sentence."""
    conversation = Conversation(CHINOOK)
    for question, expected in turns:
        answer = await conversation.ask(question)
        assert expected in answer.text, f"{question}\n{answer}"
