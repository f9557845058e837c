"""What the frames of all dialects have in common."""

from pydantic import BaseModel, ConfigDict


class Frame(BaseModel):
    """The JSON of one `data:` line, exactly."""

    model_config = ConfigDict(extra="forbid", strict=True)
