"""`--flag=false`, as scripts written for other command lines have it."""

import click
import pytest

from rpk.cli.options import plain_flags

PARAMS = [
    click.Option(["--pretty/--no-pretty"], is_flag=True),
    click.Option(["-r", "--regex"], is_flag=True),
    click.Option(["--name"]),
]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["--pretty=false", "x"], ["--no-pretty", "x"]),
        (["--pretty=true", "--regex=true"], ["--pretty", "--regex"]),
        (["--regex=false", "-r"], ["-r"]),
        (
            ["--name=false", "--pretty=maybe", "--", "--pretty=false"],
            ["--name=false", "--pretty=maybe", "--", "--pretty=false"],
        ),
    ],
)
def test_rewritten(given, expected):
    assert plain_flags(PARAMS, given) == expected
