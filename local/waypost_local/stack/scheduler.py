"""EventBridge Scheduler: moto keeps schedules, and this sends their messages at their times."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from waypost_local.aws.account import ACCOUNT_ID, client
from waypost_local.stack.times import NotUnderstood, is_due

_SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
_MINUTE = timedelta(minutes=1)


class Scheduler:
    """Looks at every schedule once a minute, until it is cancelled."""

    def __init__(self, endpoint: str, log: Callable[[str], None]) -> None:
        self._endpoint = endpoint
        self._log = log
        self._scheduler = client("scheduler", endpoint)
        self._sqs = client("sqs", endpoint)

    async def run(self) -> None:
        minute = _this_minute()
        while True:
            minute += _MINUTE
            await asyncio.sleep(max(0.0, (minute - datetime.now(UTC)).total_seconds()))
            await asyncio.to_thread(self.fire, minute)

    def fire(self, minute: datetime) -> int:
        """Sends the messages of a minute; how many there were."""
        sent = 0
        for listed in self._scheduler.list_schedules()["Schedules"]:
            found = self._scheduler.get_schedule(Name=listed["Name"], GroupName=listed["GroupName"])
            if found.get("State") == "DISABLED":
                continue
            made = found["CreationDate"].replace(second=0, microsecond=0)
            zone = found.get("ScheduleExpressionTimezone") or "UTC"
            try:
                due = is_due(found["ScheduleExpression"], zone, made, minute)
            except NotUnderstood as error:
                self._log(f"{listed['Name']}: {error}")
                continue
            if due:
                self._send(found["Target"], minute)
                sent += 1
        return sent

    def _send(self, target: dict[str, Any], minute: datetime) -> None:
        queue = target["Arn"].rpartition(":")[2]
        time = minute.strftime("%Y-%m-%dT%H:%M:%SZ")
        body = (target.get("Input") or json.dumps({})).replace(_SCHEDULED_TIME, time)
        url = f"{self._endpoint}/{ACCOUNT_ID}/{queue}"
        self._sqs.send_message(QueueUrl=url, MessageBody=body)


def _this_minute() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0)
