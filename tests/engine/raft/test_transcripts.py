"""Scenarios of Raft as text: testdata/*.txt. ``pytest --rewrite`` on this file writes today's outcome into all of them.

A scenario is blocks of commands, a line ``----`` and what they lead to. Nodes are numbers; a log is written as
``term:end,term:end`` (a term mark and the data behind it, up to the offset).

    group 1 2 3 [learners=4] [others=5] [log1=1:10,2:20] [term1=2]
    campaign N | tick N [T] | propose N WIDTH | change N voters=1,2 [learners=3] | transfer N TO | read N TOKEN
    deliver [MAX]  one by one, shown | settle  heartbeats and deliveries until nothing moves, not shown
    drop  what is on the wire | isolate N… | heal | hold N  its writes wait | sync N | start-moved N OFFSET
    show [N…]  role, term, log, commit
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.model.ids import NodeId
from engine.raft.entries import Run
from engine.raft.errors import RaftRefusal
from engine.raft.membership import Configuration
from engine.raft.messages import (
    AppendRequest,
    AppendResponse,
    Heartbeat,
    HeartbeatResponse,
    Message,
    ResetRequest,
    TimeoutNow,
    VoteRequest,
    VoteResponse,
)
from tests.engine.raft.group import Group

SCENARIOS = Path(__file__).parent / "testdata"


def numbers(text: str) -> tuple[NodeId, ...]:
    return tuple(NodeId(int(one)) for one in text.split(",") if one)


def show_configuration(configuration: Configuration) -> str:
    learners = "".join(f" +{node}" for node in configuration.learners)
    return f"({' '.join(map(str, configuration.voters))}{learners})"


def show_message(message: Message) -> str:
    match message:
        case VoteRequest():
            kind = "prevote?" if message.prevote else "vote?"
            transfer = " transfer" if message.transfer else ""
            what = f"{kind} last={message.last_term}@{message.last}{transfer}"
        case VoteResponse():
            kind = "prevote" if message.prevote else "vote"
            what = f"{kind} {'granted' if message.granted else 'refused'}"
        case AppendRequest():
            marks = "".join(
                f" mark({mark.term}{show_configuration(mark.configuration) if mark.configuration else ''})"
                for mark in message.marks
            )
            run = f" data[{message.run.base_offset},{message.run.next_offset})" if message.run else ""
            what = f"append prev={message.prev_term}@{message.prev}{marks}{run} commit={message.commit}"
        case AppendResponse() if message.rejection is not None:
            prev, term, hint = message.rejection
            what = f"rejected prev={prev} hint={term}@{hint}"
        case AppendResponse():
            what = f"appended matched={message.matched} durable={message.durable}"
        case ResetRequest():
            what = f"reset start={message.start_term}@{message.start}"
        case Heartbeat():
            what = f"heartbeat commit={message.commit}{' quiet' if message.quiet else ''}"
        case HeartbeatResponse():
            what = f"alive matched={message.matched} durable={message.durable}{' quiet' if message.quiet else ''}"
        case TimeoutNow():
            what = "timeout-now"
    return f"{message.sender}>{message.to} t{message.term} {what}"


class Scenario:
    def __init__(self) -> None:
        self.group: Group

    def run(self, line: str) -> list[str]:
        word, *rest = line.split()
        names = [int(item) for item in rest if item.isdigit()]
        options = dict(item.split("=", 1) for item in rest if "=" in item)
        command = getattr(self, f"do_{word.replace('-', '_')}")
        try:
            return command(names, options, rest) or []
        except RaftRefusal as refusal:
            return [f"refused: {refusal}"]

    def do_group(self, names, options, rest):
        logs, terms = {}, {}
        for key, value in options.items():
            if key.startswith("log"):
                logs[int(key[3:])] = [tuple(map(int, pair.split(":"))) for pair in value.split(",") if pair]
            elif key.startswith("term"):
                terms[int(key[4:])] = int(value)
        self.group = Group(
            tuple(names),
            numbers(options.get("learners", "")),
            others=numbers(options.get("others", "")),
            logs=logs,
            terms=terms,
        )

    def do_campaign(self, names, options, rest):
        self.group[names[0]].campaign()
        self.group.drain(names[0])

    def do_tick(self, names, options, rest):
        self.group.tick(names[0], names[1] if len(names) > 1 else 1)

    def do_propose(self, names, options, rest):
        refusal = self.group[names[0]].refusal(names[1])
        if refusal is not None:
            raise refusal
        self.group.propose(*names)

    def do_change(self, names, options, rest):
        new = Configuration(voters=numbers(options["voters"]), learners=numbers(options.get("learners", "")))
        self.group[names[0]].propose_configuration(new)
        self.group.drain(names[0])

    def do_transfer(self, names, options, rest):
        self.group[names[0]].transfer_leadership(NodeId(names[1]))
        self.group.drain(names[0])

    def do_read(self, names, options, rest):
        self.group[names[0]].read_index(rest[1])
        self.group.drain(names[0])

    def do_deliver(self, names, options, rest):
        self.group.delivered.clear()
        self.group.deliver(names[0] if names else 10_000)
        return [show_message(message) for message in self.group.delivered]

    def do_settle(self, names, options, rest):
        for _ in range(20):
            for number, node in self.group.nodes.items():
                if node.core.leading is not None:
                    self.group.tick(number, 2)
                self.serve_reads(number)
            self.group.deliver()

    def serve_reads(self, number: int) -> None:
        node = self.group.nodes[number]
        for ready in node.readies:
            for peer, offset, upto, _ in ready.reads:
                log = node.core.log
                term = max([log.start_term, *(mark.term for mark in log.marks if mark.offset <= offset)])
                node.core.read_done(peer, offset, Run(offset, upto, term, upto - offset))
        node.readies.clear()
        self.group.drain(number)

    def do_drop(self, names, options, rest):
        dropped = [show_message(message) for message in self.group.wire]
        self.group.wire.clear()
        return dropped

    def do_isolate(self, names, options, rest):
        self.group.isolate(*names)

    def do_heal(self, names, options, rest):
        self.group.heal()

    def do_hold(self, names, options, rest):
        self.group.nodes[names[0]].syncs = False

    def do_sync(self, names, options, rest):
        self.group.nodes[names[0]].sync()
        self.group.drain(names[0])

    def do_start_moved(self, names, options, rest):
        self.group[names[0]].start_moved(names[1])

    def do_show(self, names, options, rest):
        shown = []
        for number in names or list(self.group.nodes):
            core = self.group[number]
            marks = " ".join(
                f"{mark.term}@{mark.offset}{show_configuration(mark.configuration) if mark.configuration else ''}"
                for mark in core.log.marks
            )
            shown.append(
                f"{number} {core.role.value} t{core.term} leader={core.leader or '-'}"
                f" log={core.log.start}..{core.log.end} [{marks}] commit={core.commit}"
                f" {show_configuration(core.configuration)}{' quiet' if core.is_quiet else ''}"
            )
        return shown


def play(text: str) -> str:
    """The scenario with what really happens."""
    return "\n".join(_play(Scenario(), text)) + "\n"


def _play(scenario: Scenario, text: str) -> Iterator[str]:
    for number, block in enumerate(re.split(r"\n{2,}", text.strip())):
        if number:
            yield ""
        lines = block.split("\n----")[0].splitlines()
        shown = []
        for line in lines:
            if not line.startswith("#"):
                shown += scenario.run(line)
        yield from lines
        if not all(line.startswith("#") for line in lines):
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
