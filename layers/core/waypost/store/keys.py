"""The one table's keys. Every tenant segment ends with `#`, so that `a` never matches `ab`."""

from dataclasses import dataclass

Key = dict[str, str]


@dataclass(frozen=True)
class TenantKeys:
    """Keys of everything that one tenant owns."""

    tenant: str

    def recent(self, user: str) -> str:
        return f"T#{self.tenant}#U#{user}#"

    def thread(self, thread: str) -> Key:
        return {"pk": self.partition(thread), "sk": "META"}

    def message(self, thread: str, message: str, part: int = 0) -> Key:
        suffix = f"#{part:02d}" if part else ""
        return {"pk": self.partition(thread), "sk": f"M#{_ulid(message)}{suffix}"}

    def run(self, thread: str, run: str) -> Key:
        return {"pk": self.partition(thread), "sk": f"R#{run}"}

    def step(self, thread: str, run: str, number: int) -> Key:
        return {"pk": self.partition(thread), "sk": f"R#{run}#S#{number:04d}"}

    def run_pointer(self, run: str) -> Key:
        """Where a run's id leads to its thread; the run's journal lives in this partition."""
        return {"pk": f"T#{self.tenant}#R#{run}#", "sk": "META"}

    def partition(self, thread: str) -> str:
        return f"T#{self.tenant}#TH#{thread}#"


def _ulid(message: str) -> str:
    return message.removeprefix("msg_")
