"""Times of schedules, as EventBridge Scheduler understands them."""

from datetime import UTC, datetime, timedelta

import pytest

from waypost_local.aws.account import REGION, client
from waypost_local.stack.scheduler import Scheduler
from waypost_local.stack.times import NotUnderstood, is_due

MADE = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "zone", "at", "due"),
    [
        ("cron(0 20 ? * MON-FRI *)", "UTC", "2026-11-27T20:00", True),
        ("cron(0 20 ? * MON-FRI *)", "UTC", "2026-11-28T20:00", False),
        ("cron(0 20 ? * MON-FRI *)", "UTC", "2026-11-27T20:01", False),
        ("cron(0 20 ? * MON-FRI *)", "Europe/Zurich", "2026-11-27T19:00", True),
        ("cron(0 20 ? * MON-FRI *)", "Europe/Zurich", "2026-07-27T18:00", True),
        ("cron(0/15 * * * ? *)", "UTC", "2026-11-27T20:45", True),
        ("cron(0/15 * * * ? *)", "UTC", "2026-11-27T20:50", False),
        ("cron(5,35 8-10 1 JAN,DEC ? 2026-2027)", "UTC", "2026-12-01T09:35", True),
        ("cron(0 12 ? * 1 *)", "UTC", "2026-11-29T12:00", True),
        ("rate(5 minutes)", "UTC", "2026-11-01T12:05", True),
        ("rate(5 minutes)", "UTC", "2026-11-01T12:06", False),
        ("rate(1 day)", "UTC", "2026-11-02T12:00", True),
        ("rate(1 day)", "UTC", "2026-11-01T12:00", False),
        ("at(2026-11-27T20:00:00)", "Europe/Zurich", "2026-11-27T19:00", True),
        ("at(2026-11-27T20:00:00)", "UTC", "2026-11-27T19:00", False),
    ],
)
def test_when_a_schedule_is_due(expression: str, zone: str, at: str, due: bool) -> None:
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)

    assert is_due(expression, zone, MADE, now) is due


@pytest.mark.parametrize(
    ("expression", "zone"),
    [
        ("cron(0 20 L * ? *)", "UTC"),
        ("cron(0 20)", "UTC"),
        ("rate(often)", "UTC"),
        ("cron(0 20 ? * * *)", "Mars/Olympus"),
    ],
)
def test_what_is_not_played_is_said(expression: str, zone: str) -> None:
    with pytest.raises(NotUnderstood):
        is_due(expression, zone, MADE, MADE)


def test_a_due_schedule_sends_its_message(moto: str) -> None:
    clients = {name: client(name, moto) for name in ("scheduler", "sqs")}
    url = clients["sqs"].create_queue(QueueName="scheduled")["QueueUrl"]
    clients["scheduler"].create_schedule(
        Name="minutely",
        ScheduleExpression="rate(1 minute)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": f"arn:aws:sqs:{REGION}:123456789012:scheduled",
            "RoleArn": "arn:aws:iam::123456789012:role/x",
            "Input": '{"at": "<aws.scheduler.scheduled-time>"}',
        },
    )
    minute = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=3)

    sent = Scheduler(moto, print).fire(minute)

    assert sent == 1
    (message,) = clients["sqs"].receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == f'{{"at": "{minute:%Y-%m-%dT%H:%M:%SZ}"}}'
    clients["scheduler"].delete_schedule(Name="minutely")
