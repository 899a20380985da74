"""Which protocol a group's members agree on."""

import pytest

from engine.coordinator.group import Group
from engine.coordinator.member import Member, MemberProtocol


def group_of(*offers: tuple[str, ...]) -> Group:
    group = Group("g", 0)
    for number, names in enumerate(offers):
        group.add(
            Member(
                member_id=f"m{number}",
                group_instance_id=None,
                client_id="c",
                client_host="h",
                rebalance_timeout_ms=1000,
                session_timeout_ms=1000,
                protocol_type="consumer",
                protocols=tuple(MemberProtocol(name, b"") for name in names),
            )
        )
    return group


@pytest.mark.parametrize(
    ("offers", "selected"),
    [
        ([("a", "b"), ("b", "a"), ("b", "a")], "b"),
        ([("a", "b"), ("b",)], "b"),
        ([("",)], ""),
        ([("", "a"), ("",)], ""),
        ([("a", ""), ("", "a")], "a"),
    ],
)
def test_the_members_agree(offers, selected):
    assert group_of(*offers).select_protocol() == selected
