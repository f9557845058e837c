"""Which models keep the beginning of a prompt, so that it need not be read anew.

https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html: a model that cannot do so
refuses a request that marks a prefix. A prefix shorter than the model's least, 1,000 to 4,096
tokens, is read as if it were not marked.
"""

_FAMILIES = (
    "amazon.nova-lite-",
    "amazon.nova-micro-",
    "amazon.nova-premier-",
    "amazon.nova-pro-",
    "anthropic.claude-3-5-haiku-",
    "anthropic.claude-3-7-sonnet-",
    "anthropic.claude-fable-",
    "anthropic.claude-haiku-",
    "anthropic.claude-opus-",
    "anthropic.claude-sonnet-",
    "waypost.builtin-",
)


def supported(model: str) -> bool:
    """Whether a prefix may be marked.

    Args:
        model: A model id, an inference profile of one (`us.amazon.…`), or an ARN of either.
    """
    name = model.rpartition("/")[2]
    return name.startswith(_FAMILIES) or name.partition(".")[2].startswith(_FAMILIES)
