"""The one table's keys. Every tenant segment ends with `#`, so that `a` never matches `ab`."""

from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

Key = dict[str, str]
_SAFE = "_.:@+=,- "
_MAX_SEGMENT = 300


@dataclass(frozen=True)
class TenantKeys:
    """Keys of everything that one tenant owns, and that one of its users does.

    A thread's id is its user's own: the same id of another user is another thread.
    """

    tenant: str
    user: str

    @property
    def tenant_pk(self) -> str:
        return f"T#{self.tenant}#"

    def agent(self, agent: str) -> Key:
        """An agent's current version."""
        return {"pk": self.tenant_pk, "sk": f"AGENT#{agent}"}

    def agent_versions(self, agent: str) -> str:
        return f"VERSION#{agent}#"

    def agent_version(self, agent: str, number: int) -> Key:
        return {"pk": self.tenant_pk, "sk": f"{self.agent_versions(agent)}{number:06d}"}

    def recent(self, user: str) -> str:
        return f"T#{self.tenant}#U#{user}#"

    def deleted(self, user: str) -> str:
        """The place in the index of what a user has deleted, until it expires."""
        return f"{self.recent(user)}DELETED#"

    def thread(self, thread: str) -> Key:
        return {"pk": self.partition(thread), "sk": "META"}

    def message(self, thread: str, message: str, part: int = 0) -> Key:
        suffix = f"#{part:02d}" if part else ""
        return {"pk": self.partition(thread), "sk": f"M#{_ulid(message)}{suffix}"}

    def prior_turns(self, thread: str) -> Key:
        """Turns that were taken before the thread began."""
        return {"pk": self.partition(thread), "sk": "TOLD"}

    def run(self, thread: str, run: str) -> Key:
        return {"pk": self.partition(thread), "sk": f"R#{run}"}

    def step(self, thread: str, run: str, number: int) -> Key:
        return {"pk": self.partition(thread), "sk": f"R#{run}#S#{number:04d}"}

    def head(self, run: str) -> Key:
        """A run's state, found by the run's id alone; its journal is in the same partition."""
        return {"pk": self.journal(run), "sk": "META"}

    def batch(self, run: str, last: int, part: int = 0) -> Key:
        """A batch of events, by the number of its last one."""
        suffix = f"#{part:02d}" if part else ""
        return {"pk": self.journal(run), "sk": f"{after(last)}{suffix}"}

    def journal(self, run: str) -> str:
        return f"T#{self.tenant}#R#{run}#"

    def idempotency(self, user: str, key: str) -> Key:
        hashed = sha256(f"{user}#{key}".encode()).hexdigest()
        return {"pk": f"T#{self.tenant}#IDEM#{hashed}#", "sk": "-"}

    def schedule(self, schedule: str) -> Key:
        return {"pk": self.tenant_pk, "sk": f"SCHEDULE#{schedule}"}

    def batches(self) -> str:
        """The place in the index of the tenant's batches."""
        return f"T#{self.tenant}#BATCHES#"

    def batch_partition(self, batch: str) -> str:
        return f"T#{self.tenant}#B#{batch}#"

    def batch_head(self, batch: str) -> Key:
        return {"pk": self.batch_partition(batch), "sk": "META"}

    def batch_counter(self, batch: str, shard: int) -> Key:
        return {"pk": self.batch_partition(batch), "sk": f"C#{shard:02d}"}

    def batch_attempt(self, batch: str, line: int) -> Key:
        return {"pk": self.batch_partition(batch), "sk": f"A#{line:08d}"}

    def batch_result(self, batch: str, line: int) -> Key:
        return {"pk": self.batch_partition(batch), "sk": f"I#{line:08d}"}

    def partition(self, thread: str) -> str:
        return f"T#{self.tenant}#U#{self.user}#TH#{_segment(thread)}#"


def live_job(name: str) -> Key:
    """Jobs are the only items that belong to no tenant."""
    return {"pk": "JOBS#", "sk": f"JOB#{name}"}


def ended_job(name: str) -> Key:
    return {"pk": "JOBS#", "sk": f"ENDED#{name}"}


def after(seq: int) -> str:
    """The sort key behind which lie the batches that hold anything after event `seq`.

    Batches are named by their last event, so that one query finds where to go on.
    """
    return f"E#{seq:08d}"


def _segment(name: str) -> str:
    """Any text as a part of a key."""
    quoted = quote(name, safe=_SAFE, errors="replace")
    return quoted if len(quoted) <= _MAX_SEGMENT else f"~{sha256(name.encode()).hexdigest()}"


def _ulid(message: str) -> str:
    return message.removeprefix("msg_")
