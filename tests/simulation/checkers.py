"""What must hold in every run, watched as it happens. A broken rule raises `Violation`."""

from engine.model.ids import NodeId
from engine.raft.entries import ORIGIN, Position


class Violation(AssertionError):
    """A rule of Raft was broken."""


def require(condition: object, message: str) -> None:
    if not condition:
        raise Violation(message)


class OneLeaderATerm:
    """Election safety (thesis 3.2), and one vote a voter a term, as peers hear it."""

    def __init__(self) -> None:
        self.leaders: dict[int, NodeId] = {}
        self._votes: dict[tuple[int, NodeId], NodeId] = {}

    def leads(self, node: NodeId, term: int) -> None:
        first = self.leaders.setdefault(term, node)
        require(first == node, f"nodes {first} and {node} both lead term {term}")

    def votes(self, voter: NodeId, term: int, candidate: NodeId) -> None:
        first = self._votes.setdefault((term, voter), candidate)
        require(first == candidate, f"node {voter} voted for {first} and {candidate} in term {term}")


class TermsGrow:
    """What a node said in a term it never unsays, not even after a crash."""

    def __init__(self) -> None:
        self._said: dict[NodeId, int] = {}

    def says(self, node: NodeId, term: int) -> None:
        self._said[node] = max(self._said.get(node, -1), term)

    def is_in(self, node: NodeId, term: int) -> None:
        said = self._said.get(node, -1)
        require(term >= said, f"node {node} is in term {term} after it spoke in term {said}")


class LogsMatch:
    """Log matching (thesis 3.5): same term at the same position, same log before it."""

    def __init__(self) -> None:
        self._prefixes: dict[tuple[int, Position], int] = {(-1, ORIGIN): 0}

    def has(self, node: NodeId, term: int, position: Position, prefix: int) -> None:
        first = self._prefixes.setdefault((term, position), prefix)
        require(first == prefix, f"node {node} has another log before {position} of term {term}")

    def prefix(self, term: int, position: Position) -> int:
        require((term, position) in self._prefixes, f"nobody ever had a log ending at {position} of {term}")
        return self._prefixes[term, position]


class Committed:
    """State machine safety and leader completeness (thesis 3.6): what is committed once stays, everywhere."""

    def __init__(self) -> None:
        self.frontier = ORIGIN
        self._prefixes: dict[Position, int] = {ORIGIN: 0}

    def commits(self, node: NodeId, chain: "Chain", commit: Position, since: Position) -> None:
        """`node` says that all before `commit` is committed; it said so of `since` before."""
        require(commit in chain.prefixes, f"node {node} commits {commit}, which is no place in its log")
        if commit <= self.frontier:
            self._agree(node, commit, chain.prefixes[commit])
            return
        self.agrees(node, chain)
        for position in chain.between(since, commit):
            known = self._prefixes.setdefault(position, chain.prefixes[position])
            require(known == chain.prefixes[position], f"node {node} commits another log before {position}")
        self.frontier = commit

    def agrees(self, node: NodeId, chain: "Chain") -> None:
        """A leader, and whoever commits more, has everything that is committed."""
        if self.frontier >= chain.start:
            require(
                self.frontier in chain.prefixes, f"node {node} lacks what is committed up to {self.frontier}"
            )
            self._agree(node, self.frontier, chain.prefixes[self.frontier])

    def _agree(self, node: NodeId, position: Position, prefix: int) -> None:
        known = self._prefixes.get(position)
        require(known == prefix, f"node {node} has another log before the committed {position}")


class Acknowledged:
    """What producers were told is committed."""

    def __init__(self) -> None:
        self.payloads: dict[int, str] = {}
        self.high = 0

    def acknowledge(self, base_offset: int, next_offset: int, payload: str) -> None:
        require(self.payloads.setdefault(base_offset, payload) == payload, f"two records at {base_offset}")
        self.high = max(self.high, next_offset)

    def read(self, node: NodeId, offset: int, acknowledged_before: int) -> None:
        """A linearizable read sees everything that was acknowledged before it was asked."""
        require(
            offset >= acknowledged_before,
            f"node {node} reads up to {offset}; {acknowledged_before} was acknowledged before",
        )


class Chain:
    """One replica's log as prefix hashes by position."""

    def __init__(self, start: Position, prefix: int) -> None:
        self.start = start
        self.positions = [start]
        self.prefixes = {start: prefix}

    @property
    def end(self) -> Position:
        return self.positions[-1]

    def append(self, position: Position, entry: object) -> int:
        prefix = hash((self.prefixes[self.end], entry))
        self.positions.append(position)
        self.prefixes[position] = prefix
        return prefix

    def cut(self, end: Position) -> None:
        while self.positions[-1] > end:
            del self.prefixes[self.positions.pop()]
        require(self.end == end, f"cut at {end}, which is no place in the log")

    def between(self, after: Position, upto: Position) -> list[Position]:
        found = []
        for position in reversed(self.positions):
            if position <= after:
                break
            if position <= upto:
                found.append(position)
        return found[::-1]
