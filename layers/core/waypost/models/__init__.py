"""Bedrock: labels in one shot, answers as a stream, what they cost, how they fail."""
