"""Who is alive, how they are, and who leads what: each broker tells every other, twice a second and when it changes.

A message holds the sender's report and those of its leaderships that the receiver has not acknowledged. Leaderships
carry a version that counts the sender's changes since it started; the answer names the version it has, so a lost
message, a restarted receiver (it has 0) or a restarted sender (another incarnation) end in sending what is missing,
not in a state that stays wrong.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from engine.base.clock import Clock
from engine.controller.leaders import Leader, Leaders
from engine.controller.methods import ClusterMethod
from engine.controller.records import Json
from engine.model.ids import NO_NODE
from engine.rpc.errors import RpcError

if TYPE_CHECKING:
    from engine.rpc.frame import Payload
    from engine.rpc.network import RpcNetwork

logger = logging.getLogger(__name__)

INTERVAL_S = 0.5
ALIVE_S = 3.0
"""A broker not heard of for so long is taken for dead."""
CALL_TIMEOUT_MS = 2_000
LEADERSHIPS_MAX = 2_000
"""In one message; the rest follows with the next."""
SOON_S = 0.005
"""Changes are gathered for so long before they are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainReport:
    """How far a broker in maintenance has handed over its leaderships."""

    draining: bool = False
    finished: bool = False
    errors: bool = False
    partitions: int = 0
    eligible: int = 0
    transferring: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a broker says it is."""

    version: str = ""
    cores: int = 1
    recovery_mode: bool = False
    disk_path: str = ""
    disk_free_bytes: int = 0
    disk_total_bytes: int = 0
    config_version: int = 0
    needs_restart: bool = False
    under_pressure: bool = False
    """Less disk is free than the cluster wants."""
    drain: DrainReport = field(default_factory=DrainReport)


@dataclass(slots=True)
class _Other:
    """What is known of one other broker."""

    heard_at: float = -1e9
    report: Report | None = None
    incarnation: int = -1
    seen: int = 0
    """Version of its leaderships that we have."""
    acked: int = 0
    """Version of our leaderships that it has."""
    telling: asyncio.Task[None] | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class Gossip:
    """See the module. Loop thread only; `start`, `close`."""

    def __init__(
        self,
        network: "RpcNetwork",
        clock: Clock,
        *,
        node_id: int,
        leaders: Leaders,
        report: Callable[[], Report],
        changed: Callable[[], None],
    ) -> None:
        """`changed` is called when a broker came or went."""
        self._network = network
        self._clock = clock
        self._node_id = node_id
        self._leaders = leaders
        self._report = report
        self._changed = changed
        self._others: dict[int, _Other] = {}
        self._own: dict[int, tuple[int, Leader]] = {}
        self._version = 0
        self._incarnation = clock.wall_ms()
        self._alive: frozenset[int] = frozenset()
        self._soon: asyncio.TimerHandle | None = None
        self._watch: asyncio.Task[None] | None = None
        self._closed = False

    def start(self) -> None:
        """Answer others, and tell those that are added."""
        self._network.on_request(ClusterMethod.GOSSIP, self._told)
        self._network.on_down.append(self._lost)
        self._watch = asyncio.get_running_loop().create_task(self._watch_lives(), name="liveness")

    async def close(self) -> None:
        """Say nothing more."""
        self._closed = True
        if self._soon is not None:
            self._soon.cancel()
        tasks = [other.telling for other in self._others.values() if other.telling is not None]
        for task in [*tasks, *([self._watch] if self._watch is not None else [])]:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    # ---- brokers

    def set_others(self, node_ids: Collection[int]) -> None:
        """Talk to these brokers, and to no others."""
        for node_id in set(self._others) - set(node_ids):
            task = self._others.pop(node_id).telling
            if task is not None:
                task.cancel()
        for node_id in set(node_ids) - set(self._others) - {self._node_id}:
            other = self._others.setdefault(node_id, _Other())
            if not self._closed:
                other.telling = asyncio.get_running_loop().create_task(
                    self._tell(node_id, other), name=f"gossip with {node_id}"
                )

    def alive(self, node_id: int) -> bool:
        """Whether the broker was heard of lately; this one always is."""
        return node_id == self._node_id or node_id in self._alive

    def report_of(self, node_id: int) -> Report | None:
        """How the broker was when last heard of; None if it never was."""
        if node_id == self._node_id:
            return self._report()
        other = self._others.get(node_id)
        return None if other is None else other.report

    # ---- own leaderships

    def lead(self, log_id: int, term: int, in_sync: Collection[int]) -> None:
        """Say that this broker leads the group in `term`, with those members up to date."""
        self._set_own(log_id, Leader(self._node_id, term, tuple(sorted(in_sync))))

    def stopped_leading(self, log_id: int, term: int) -> None:
        """Say that this broker, which led the group in `term`, does no longer."""
        self._set_own(log_id, Leader(NO_NODE, term))

    def forget(self, log_id: int) -> None:
        """The group is gone from this broker."""
        self._own.pop(log_id, None)

    def _set_own(self, log_id: int, leader: Leader) -> None:
        before = self._own.get(log_id)
        if before is not None and before[1] == leader:
            return
        self._version += 1
        # Re-inserted, so that the dict stays in the order of versions.
        self._own.pop(log_id, None)
        self._own[log_id] = (self._version, leader)
        self._leaders.learn(log_id, leader)
        self.tell_soon()

    def tell_soon(self) -> None:
        """Tell the others what changed without waiting for the next turn."""
        if self._soon is None and not self._closed:
            self._soon = asyncio.get_running_loop().call_later(SOON_S, self._tell_now)

    def _tell_now(self) -> None:
        self._soon = None
        for other in self._others.values():
            other.wake.set()

    # ---- talking

    async def _tell(self, node_id: int, other: _Other) -> None:
        while True:
            other.wake.clear()
            with suppress(RpcError):
                answer = await self._network.call(
                    node_id, ClusterMethod.GOSSIP, (self._message(other),), timeout_ms=CALL_TIMEOUT_MS
                )
                self._heard(node_id)
                other.acked = _seen(answer, self._incarnation)
                if other.acked < self._version:
                    continue
            with suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL_S):
                    await other.wake.wait()

    def _message(self, other: _Other) -> bytes:
        acked = min(other.acked, self._version)
        news: list[Json] = []
        upto = acked
        if acked < self._version:
            for log_id, (version, leader) in self._own.items():
                if version <= acked:
                    continue
                if len(news) == LEADERSHIPS_MAX:
                    break
                news.append([log_id, leader.node_id, leader.term, list(leader.in_sync)])
                upto = version
            else:
                upto = self._version
        body = {
            "node": self._node_id,
            "incarnation": self._incarnation,
            "since": acked,
            "upto": upto,
            "leaders": news,
            "report": asdict(self._report()),
        }
        return json.dumps(body, separators=(",", ":")).encode()

    async def _told(self, _sender: int, payload: memoryview) -> "Payload":
        try:
            body = json.loads(bytes(payload))
            node_id, incarnation = int(body["node"]), int(body["incarnation"])
            since, upto = int(body["since"]), int(body["upto"])
            news = [
                (int(log_id), Leader(int(leader), int(term), tuple(int(node) for node in in_sync)))
                for log_id, leader, term, in_sync in body["leaders"]
            ]
            report = _report(body["report"])
        except (ValueError, KeyError, TypeError) as error:
            logger.warning("a broker's gossip makes no sense: %r", error)
            return (b"{}",)
        other = self._others.get(node_id)
        if other is None:
            # Not (yet) a broker of the cluster for us: nothing is kept, so all is told again once it is.
            return (json.dumps({"incarnation": incarnation, "seen": 0}).encode(),)
        if other.incarnation != incarnation:
            other.incarnation, other.seen = incarnation, 0
        if other.report is None or other.report.drain != report.drain:
            self._changed()
        other.report = report
        self._heard(node_id)
        if since <= other.seen:
            for log_id, leader in news:
                self._leaders.learn(log_id, leader)
            other.seen = max(other.seen, upto)
        return (json.dumps({"incarnation": incarnation, "seen": other.seen}).encode(),)

    # ---- who is alive

    def _heard(self, node_id: int) -> None:
        other = self._others.get(node_id)
        if other is None:
            return
        other.heard_at = self._clock.monotonic()
        if node_id not in self._alive:
            logger.info("broker %d is alive", node_id)
            self._alive |= {node_id}
            other.wake.set()
            self._changed()

    def _lost(self, node_id: int) -> None:
        """The connection broke: a process that died is known at once; one that lives is heard of again soon."""
        if node_id in self._alive:
            self._alive -= {node_id}
            logger.info("broker %d: the connection broke", node_id)
            self._changed()

    async def _watch_lives(self) -> None:
        last = self._clock.monotonic()
        while True:
            await asyncio.sleep(INTERVAL_S)
            now = self._clock.monotonic()
            if now - last > 2 * INTERVAL_S + 1:
                # This process stood still: what others said meanwhile has not been read yet.
                for other in self._others.values():
                    other.heard_at += now - last
            last = now
            dead = {
                node_id
                for node_id in self._alive
                if node_id not in self._others or now - self._others[node_id].heard_at > ALIVE_S
            }
            if dead:
                logger.warning("not heard of for %g s: broker(s) %s", ALIVE_S, sorted(dead))
                self._alive -= dead
                self._changed()


def _seen(answer: memoryview, incarnation: int) -> int:
    try:
        body = json.loads(bytes(answer))
        return int(body["seen"]) if body["incarnation"] == incarnation else 0
    except (ValueError, KeyError, TypeError):
        return 0


def _report(body: Mapping[str, object]) -> Report:
    """A report of whatever version; what is missing or of another type keeps its default."""
    drain = body.get("drain")
    drained = _fitting(DrainReport(), drain if isinstance(drain, dict) else {})
    return replace(Report(drain=replace(DrainReport(), **drained)), **_fitting(Report(), body))


def _fitting(blank: Report | DrainReport, body: Mapping[str, object]) -> dict[str, Any]:
    kinds = {name: type(value) for name, value in asdict(blank).items() if not isinstance(value, dict)}
    return {name: value for name, value in body.items() if kinds.get(name) is type(value)}
