"""Waypost: from a question to the events of its answer.

The rooms, from the bottom up; each may import only what stands above it in this list:

    events, records, identity, errors, ids, settings   the vocabulary
    store      threads, messages, runs and steps in DynamoDB
    models     Bedrock: one-shot calls, streamed answers, prices
    knowledge  documents, chunked and searchable
    warehouse  the SQL database that agents may question
    agents     definitions from Markdown, and the loop that answers
    routing    which agent answers
    registry   each tenant's agents, and changes to them
    runs       a question's whole way, as one stream of events
"""
