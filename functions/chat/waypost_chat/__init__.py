"""The chat function: a FastAPI app that answers questions as event streams."""
