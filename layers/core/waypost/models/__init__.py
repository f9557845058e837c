"""Bedrock: one-shot calls, streamed answers, what models cost and can do, how they fail."""
