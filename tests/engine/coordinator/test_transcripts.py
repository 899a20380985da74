"""Scenarios of group protocol as text: tests/data/coordinator/*.txt.

A scenario is blocks of commands, a line ``----`` and what they lead to. ``pytest --rewrite`` on this file writes the
outcome of today's code into all scenarios; then review the difference.

Names (``a``, ``b``) stand for members: a JoinGroup answered for ``a`` gives ``a`` its member id and generation, which
later commands use unless they say ``id=`` or ``gen=``. Member ids show as client id and number: ``a-1``.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

from engine.base.clock import ManualClock
from engine.coordinator.config import GroupConfig
from engine.coordinator.member import MemberProtocol
from engine.coordinator.messages import (
    HeartbeatRequest,
    JoinRequest,
    JoinResponse,
    LeaveRequest,
    LeaveResponse,
    LeavingMember,
    OffsetCommitRequest,
    OffsetToCommit,
    PartitionErrors,
    SyncRequest,
    SyncResponse,
)
from engine.coordinator.shard import GroupShard
from engine.model.ids import TopicPartition
from engine.wire.error_codes import ErrorCode

SCENARIOS = Path(__file__).parents[2] / "data" / "coordinator"
GROUP = "g"
ROUNDING_SECONDS = 1e-6


def subscription(text: str) -> bytes:
    """``t1+t2`` as a consumer subscription; ``!x`` as the bytes x, which are not one."""
    if text.startswith("!"):
        return text[1:].encode()
    topics = [topic.encode() for topic in text.split("+") if topic]
    return b"\0\1" + len(topics).to_bytes(4, "big") + b"".join(len(t).to_bytes(2, "big") + t for t in topics)


def readable(metadata: bytes) -> str:
    """The inverse of `subscription`, for showing."""
    if metadata[:2] != b"\0\1":
        return metadata.decode()
    return "+".join(re.findall(r"[a-z]\w*", metadata[6:].decode("latin-1")))


class World:
    """A shard, its log and the clock, driven by commands."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.config = GroupConfig(initial_rebalance_delay_ms=0)
        self.ids = count(1)
        self.log: list[tuple[bytes | None, bytes | None]] = []
        self.tokens = count(1)
        self.who: dict[int, str] = {}
        self.member_ids: dict[str, str] = {}
        self.generations: dict[str, int] = {}
        self.log_mode = "ok"
        self.held = []
        self.start()

    def start(self) -> None:
        self.shard = GroupShard(self.config, self.clock, lambda: UUID(int=next(self.ids)))
        for key, value in self.log:
            self.shard.replay(key, value)
        self.shard.loaded()

    # --- commands --------------------------------------------------------------------------------------------

    def run(self, line: str) -> list[str]:
        word, *rest = shlex.split(line)
        names = [item for item in rest if "=" not in item]
        options = dict(item.split("=", 1) for item in rest if "=" in item)
        command = getattr(self, f"do_{word.replace('-', '_')}")
        shown = command(names, options) or []
        return [*shown, *self.outcome()]

    def token(self, who: str) -> int:
        token = next(self.tokens)
        self.who[token] = who
        return token

    def outcome(self) -> list[str]:
        shown = []
        while True:
            self.shard.run_timers()
            ready = self.shard.take_ready()
            shown += [self.show_reply(token, response) for token, response in ready.replies]
            self.held += ready.writes
            if not ready.writes and not ready.replies:
                return shown
            if self.log_mode != "hold":
                shown += self.settle()

    def settle(self) -> list[str]:
        held, self.held = self.held, []
        shown = []
        for write in held:
            shown.append(f"log {self.log_mode}: {type(write.purpose).__name__} of {len(write.records)}")
            if self.log_mode == "ok":
                for record in write.records:
                    self.log.append(record)
                    self.shard.replay(*record)
                self.shard.written(write.number)
            else:
                self.shard.write_failed(write.number, ErrorCode[self.log_mode])
        return shown

    def do_config(self, names, options):
        self.config = replace(
            self.config, **{key: None if v == "none" else int(v) for key, v in options.items()}
        )
        self.shard.configure(self.config)

    def do_log(self, names, options):
        self.log_mode = names[0]
        if self.log_mode != "hold":
            return self.settle()
        return []

    def do_advance(self, names, options):
        end = self.clock.monotonic() + int(names[0]) / 1000
        shown = []
        while (deadline := self.shard.next_deadline()) is not None and deadline <= end + ROUNDING_SECONDS:
            self.clock.advance(max(deadline - self.clock.monotonic(), 0) + ROUNDING_SECONDS)
            shown += self.outcome()
        self.clock.advance(max(end - self.clock.monotonic(), 0))
        return shown

    def do_restart(self, names, options):
        self.held.clear()
        self.start()

    def do_join(self, names, options):
        (name,) = names
        protocols = tuple(
            MemberProtocol(entry.split(":")[0], subscription(entry.partition(":")[2]))
            for entry in options.get("protocols", "range:t").split(",")
            if entry
        )
        session = int(options.get("session", 10_000))
        self.shard.join(
            self.token(f"join {name}"),
            JoinRequest(
                group_id=options.get("group", GROUP),
                member_id=self.id_of(options.get("id", self.member_ids.get(name, ""))),
                group_instance_id=options.get("instance"),
                client_id=name,
                client_host="/127.0.0.1",
                session_timeout_ms=session,
                rebalance_timeout_ms=int(options.get("rebalance", 30_000)),
                protocol_type=options.get("type", "consumer"),
                protocols=protocols,
                requires_member_id=options.get("version", "9") >= "4",
                can_skip_assignment=options.get("version", "9") >= "9",
            ),
        )

    def do_sync(self, names, options):
        name, *_ = names
        assignments = {}
        for entry in options.get("assign", "").split(","):
            if entry:
                who, _, what = entry.partition(":")
                assignments[self.member_ids.get(who, who)] = what.encode()
        self.shard.sync(
            self.token(f"sync {name}"),
            SyncRequest(
                group_id=options.get("group", GROUP),
                generation=int(options.get("gen", self.generations.get(name, 0))),
                member_id=self.id_of(options.get("id", self.member_ids.get(name, ""))),
                group_instance_id=options.get("instance"),
                protocol_type=options.get("type"),
                protocol_name=options.get("protocol"),
                assignments=assignments,
            ),
        )

    def do_heartbeat(self, names, options):
        for name in names:
            self.shard.heartbeat(
                self.token(f"heartbeat {name}"),
                HeartbeatRequest(
                    group_id=options.get("group", GROUP),
                    generation=int(options.get("gen", self.generations.get(name, 0))),
                    member_id=self.id_of(options.get("id", self.member_ids.get(name, ""))),
                    group_instance_id=options.get("instance"),
                ),
            )

    def do_leave(self, names, options):
        """Members by name, ``instance:i`` alone (an administrator), or ``id:x/i`` with both."""
        leaving = []
        for name in names:
            kind, _, value = name.partition(":")
            if kind == "instance":
                leaving.append(LeavingMember(group_instance_id=value))
            elif kind == "id":
                member_id, _, instance = value.partition("/")
                leaving.append(
                    LeavingMember(member_id=self.id_of(member_id), group_instance_id=instance or None)
                )
            else:
                leaving.append(LeavingMember(member_id=self.member_ids.get(name, name)))
        self.shard.leave(
            self.token("leave"),
            LeaveRequest(group_id=options.get("group", GROUP), members=tuple(leaving)),
        )

    def do_commit(self, names, options):
        """``commit [member] t/0=5 …``; without a member from outside the protocol."""
        name = names[0] if names else ""
        offsets = tuple(
            OffsetToCommit(
                partition=partition(key),
                offset=int(value),
                metadata="x" * int(options.get("metadata", 0)),
            )
            for key, value in options.items()
            if "/" in key
        )
        self.shard.commit(
            self.token(f"commit {name}".strip()),
            OffsetCommitRequest(
                group_id=options.get("group", GROUP),
                generation=int(options.get("gen", self.generations.get(name, -1))),
                member_id=self.id_of(options.get("id", self.member_ids.get(name, ""))),
                group_instance_id=options.get("instance"),
                offsets=offsets,
                is_unknown_group_not_found=options.get("version", "9") >= "9",
            ),
        )

    def do_fetch(self, names, options):
        group = options.get("group", GROUP)
        fetched = self.shard.fetch(group, [partition(name) for name in names] or None)
        shown = " ".join(f"{tp}={entry.offset}" for tp, entry in sorted(fetched.offsets.items()))
        return [f"offsets: {shown or '-'}"]

    def do_delete_offsets(self, names, options):
        self.shard.delete_offsets(
            self.token("delete-offsets"), options.get("group", GROUP), [partition(name) for name in names]
        )

    def do_delete_group(self, names, options):
        self.shard.delete_group(self.token("delete-group"), names[0] if names else GROUP)

    def do_delete_topic(self, names, options):
        self.shard.topics_deleted(names)

    def do_list(self, names, options):
        return [f"{one.group_id}: {one.state} {one.protocol_type or '-'}" for one in self.shard.list()] or [
            "-"
        ]

    def do_describe(self, names, options):
        found = self.shard.describe(names[0] if names else GROUP)
        shown = [
            f"{found.state} {found.error.name} {found.protocol_type or '-'} {found.protocol_name or '-'}"
        ]
        for member in found.members:
            instance = f" instance={member.group_instance_id}" if member.group_instance_id else ""
            shown.append(
                f"  {self.short(member.member_id)}{instance} [{readable(member.metadata)}]"
                f" <- [{member.assignment.decode()}]"
            )
        return shown

    # --- showing ---------------------------------------------------------------------------------------------

    def id_of(self, text: str) -> str:
        """A member id from its short form."""
        return self.member_ids.get(text.removeprefix("@"), text) if text.startswith("@") else self.long(text)

    def long(self, text: str) -> str:
        found = re.fullmatch(r"([a-z]\w*)-(\d+)", text)
        return f"{found[1]}-{UUID(int=int(found[2]))}" if found else text

    def short(self, member_id: str) -> str:
        found = re.fullmatch(r"(.*)-(00000000-.*)", member_id)
        return f"{found[1]}-{UUID(found[2]).int}" if found else member_id or "''"

    def show_reply(self, token: int, response: object) -> str:
        who = self.who[token]
        if isinstance(response, JoinResponse):
            name = who.split()[1]
            if response.member_id and response.error in (ErrorCode.NONE, ErrorCode.MEMBER_ID_REQUIRED):
                self.member_ids[name] = response.member_id
            if response.error is not ErrorCode.NONE:
                shown = response.error.name
                if response.error is ErrorCode.MEMBER_ID_REQUIRED:
                    shown += f" {self.short(response.member_id)}"
            else:
                self.generations[name] = response.generation
                shown = (
                    f"{self.short(response.member_id)} generation={response.generation}"
                    f" {response.protocol_type}/{response.protocol_name} leader={self.short(response.leader)}"
                )
                if response.skip_assignment:
                    shown += " skip"
                if response.members:
                    members = ", ".join(
                        f"{self.short(member.member_id)}[{readable(member.metadata)}]"
                        for member in response.members
                    )
                    shown += f" members: {members}"
        elif isinstance(response, SyncResponse):
            shown = response.error.name
            if response.error is ErrorCode.NONE:
                shown = f"{response.protocol_type}/{response.protocol_name} [{response.assignment.decode()}]"
        elif isinstance(response, LeaveResponse):
            shown = " ".join(one.error.name for one in response.members) or response.error.name
        elif isinstance(response, PartitionErrors):
            shown = " ".join(f"{tp}:{error.name}" for tp, error in response.partitions.items())
            if response.error:
                shown = response.error.name
            shown = shown or "NONE"
        else:
            shown = response.name
        return f"{who}: {shown}"


def partition(text: str) -> TopicPartition:
    topic, _, index = text.partition("/")
    return TopicPartition(topic, int(index))


def play(text: str) -> str:
    """The scenario with what really happens."""
    world = World()
    return "\n".join(_play(world, text)) + "\n"


def _play(world: World, text: str) -> Iterator[str]:
    for number, block in enumerate(re.split(r"\n{2,}", text.strip())):
        if number:
            yield ""
        if all(line.startswith("#") for line in block.splitlines()):
            yield from block.splitlines()
            continue
        commands = block.split("\n----")[0].splitlines()
        shown = []
        for command in commands:
            if not command.startswith("#"):
                shown += world.run(command)
        yield from commands
        yield "----"
        yield from shown


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.txt")), ids=lambda path: path.stem)
def test_scenario(path, request):
    text = path.read_text()
    outcome = play(text)
    if request.config.getoption("--rewrite"):
        path.write_text(outcome)
    else:
        assert outcome == text


def test_there_are_scenarios():
    assert len(list(SCENARIOS.glob("*.txt"))) >= 8
