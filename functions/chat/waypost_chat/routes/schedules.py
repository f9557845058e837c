"""`/v1/schedules`: batches that are asked again and again."""

from fastapi import APIRouter
from starlette.responses import Response

from waypost.batches import scheduling
from waypost.batches.scheduling import Times
from waypost.batches.submission import BatchOptions
from waypost.records import Schedule
from waypost_chat.bodies.batches import either
from waypost_chat.bodies.schedules import NewSchedule, ScheduleList
from waypost_chat.routes.dependencies import BatchesOf, Caller

router = APIRouter(prefix="/v1/schedules", tags=["batches"])


@router.post("", status_code=201)
async def create_schedule(body: NewSchedule, batches: BatchesOf, who: Caller) -> Schedule:
    """Asks questions at the times of an expression, each time as one batch."""
    options = BatchOptions(body.agent, body.model, body.metadata, body.budget_usd)
    return await scheduling.create(
        batches,
        who,
        body.name,
        Times(body.expression, body.timezone),
        either(body.questions, body.upload_id),
        options,
        only_changed=body.only_changed,
    )


@router.get("")
async def list_schedules(batches: BatchesOf, who: Caller) -> ScheduleList:
    """The user's schedules, the oldest first."""
    return ScheduleList(schedules=await scheduling.owned(batches, who))


@router.delete("/{schedule_id}", status_code=204)
async def delete_schedule(schedule_id: str, batches: BatchesOf, who: Caller) -> Response:
    """Asks no more; the batches that were asked stay."""
    await scheduling.delete(batches, who, schedule_id)
    return Response(status_code=204)
