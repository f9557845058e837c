"""The request of a service behind a backend-for-frontend."""

from typing import Annotated

from pydantic import Field

from waypost_chat.bodies.conversation import LenientBody


class InternalInput(LenientBody):
    message: Annotated[str, Field(min_length=1, examples=["How many technicians are active?"])]


class InternalConversation(LenientBody):
    id: Annotated[str, Field(examples=["conv-test-123"])]
    user_id: Annotated[str, Field(examples=["user-456"])]
    company_id: Annotated[str, Field(examples=["company-789"])]


class InternalChat(LenientBody):
    """The caller has authenticated the user; `company_id` is the tenant."""

    input: InternalInput
    conversation: InternalConversation
