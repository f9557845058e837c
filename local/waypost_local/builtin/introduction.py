"""What the model says of itself."""

TEXT = (
    "I am Waypost's built-in stand-in, not a language model: I pick agents by their words, quote "
    "sentences from passages and write SQL by rules."
)
