"""Help screens as they are (golden, width 100)."""

import pytest


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rpk", ["--help"]),
        ("rpk-profile", ["profile", "--help"]),
        ("rpk-profile-create", ["profile", "create", "--help"]),
        ("rpk-profile-create-short", ["profile", "create", "-h"]),
        ("rpk-X-help", ["-X", "help"]),
        ("rpk-exit-codes", ["help", "exit-codes"]),
        ("rpk-explain-3", ["explain", "3"]),
    ],
)
def test_screen(invoke, golden, name, words):
    result = invoke(*words)
    assert (result.status, result.stderr) == (0, "")
    golden(f"help/{name}.txt", result.stdout)
