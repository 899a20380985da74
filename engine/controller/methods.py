"""What brokers ask each other about the cluster; numbers as `engine.rpc.methods` gives them out (100 … 199)."""

from enum import IntEnum


class ClusterMethod(IntEnum):
    """Method numbers."""

    SUBMIT = 100
    """A command for the broker that leads the controller."""
    WHO = 101
    """Who are you, and do you know a cluster?"""
    JOIN = 102
    """A registration, from a broker that has no id yet; whoever is asked passes it on."""
    GOSSIP = 103
    """I am alive, this is how I am, and this is what I lead."""
    TRANSFER = 104
    """Hand over a leadership you have."""
    REBALANCE = 105
    """Spread the replicas evenly, you who lead the controller."""
    QUORUM = 106
    """The controller's group, as you see it who lead it."""
