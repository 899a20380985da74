"""The contract of the front door: streams, statuses, global flags anywhere, suggestions."""

import json
import tomllib

import pytest

from rpk import __version__
from rpk.config.run import current
from rpk.out.errors import EXIT_CODES, RpkError


def test_version_is_that_of_the_package(invoke, pytestconfig):
    project = tomllib.loads((pytestconfig.rootpath / "pyproject.toml").read_text())["project"]
    assert __version__ == project["version"]
    result = invoke("--version")
    assert (result.status, result.stderr) == (0, "")
    assert result.stdout.startswith(f"rpk version {__version__} (rev ")
    assert json.loads(invoke("version", "--format", "json").stdout)["version"] == __version__


@pytest.mark.parametrize(
    "words", [[], ["--help"], ["-h"], ["profile"], ["profile", "--help"], ["profile", "use", "-h"]]
)
def test_help_is_on_stdout_and_succeeds(invoke, words):
    result = invoke(*words)
    assert (result.status, result.stderr) == (0, "")
    assert "Usage:" in result.stdout


def test_static_help_and_loaded_help_are_the_same(invoke):
    assert invoke("profile", "--help").stdout == invoke("profile", "-v", "--help").stdout
    assert invoke("--help").stdout == invoke("-v", "--help").stdout == invoke("help").stdout


@pytest.mark.parametrize(
    "words",
    [
        ["--format", "json", "profile", "list"],
        ["profile", "--format", "json", "list"],
        ["profile", "list", "--format", "json"],
        ["profile", "list", "--format=json"],
    ],
)
def test_global_flags_are_accepted_anywhere(invoke, words):
    result = invoke(*words)
    assert (result.status, result.stdout) == (0, "[]\n")


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["profle"], 'unknown command "profle"', '"rpk profile"'),
        (["profile", "lst"], 'unknown command "lst"', '"rpk profile list"'),
        (["profile", "list", "--formt", "json"], "unknown flag --formt", "--format"),
        (["profile", "use"], "missing argument", "-h"),
        (["profile", "list", "--format", "xml"], "--format xml", "json"),
        (["profile", "list", "--color", "red"], "--color red", "always"),
        (["profile", "list", "--timeout", "5"], "no duration", "500ms"),
        (["profile", "list", "-X", "broker=a"], "-X broker", '"brokers"'),
        (["profile", "list", "extra"], "unexpected extra argument", "-h"),
    ],
)
def test_usage_errors(invoke, words, message, hint):
    result = invoke(*words)
    assert (result.status, result.stdout) == (2, "")
    first, *rest = result.stderr.splitlines()
    assert first.startswith("error: ")
    assert message in first
    assert hint in "\n".join(rest)


def test_errors_are_json_when_asked_even_before_the_command_is_known(invoke):
    result = invoke("profle", "--format", "json")
    assert result.status == 2
    error = json.loads(result.stderr)
    assert list(error) == ["code", "name", "message", "hint", "retryable"]
    assert error["name"] == "UNKNOWN_COMMAND"


def test_x_list_and_help_work_before_anything_else(invoke):
    assert len(invoke("-X", "list").stdout.splitlines()) == 31
    assert "RPK_BROKERS" in invoke("profile", "-X", "help", "--profile", "nope").stdout


def test_format_help_lists_fields_without_running(invoke):
    result = invoke("profile", "validate", "--format", "help", "-X", "brokers=127.0.0.1:1")
    assert (result.status, result.stderr) == (0, "")
    assert result.stdout.splitlines()[0].split() == ["FIELD", "TYPE"]


def test_exit_codes_are_documented(invoke):
    listed = {row["code"] for row in json.loads(invoke("help", "exit-codes", "--format", "json").stdout)}
    assert listed == {code for code, _ in EXIT_CODES}

    def kinds(kind):
        yield kind
        for each in kind.__subclasses__():
            yield from kinds(each)

    assert {kind.exit_code for kind in kinds(RpkError)} <= listed


@pytest.fixture
def failing(monkeypatch):
    """`rpk version` does what `failing(error)` says."""

    def install(error):
        def command() -> None:
            current()
            raise error

        monkeypatch.setattr("rpk.cli.version_command.command", command)

    return install


def test_an_unexpected_exception_becomes_a_redacted_report(invoke, failing, home):
    failing(ValueError("boom password=hunter2"))
    result = invoke("version", "-X", "pass=hunter2")
    assert result.status == 70
    assert "Traceback" not in result.stderr
    assert "hunter2" not in result.stderr
    (report,) = (home / ".local" / "state" / "rpk" / "reports").iterdir()
    assert str(report) in result.stderr
    text = report.read_text()
    assert "Traceback" in text
    assert "hunter2" not in text
    assert "Traceback" in invoke("version", "-v").stderr


def test_an_interrupt_ends_with_130(invoke, failing):
    failing(KeyboardInterrupt())
    result = invoke("version")
    assert (result.status, result.stderr) == (130, "")


def test_a_gone_reader_ends_with_141(invoke, failing):
    failing(BrokenPipeError())
    result = invoke("version")
    assert (result.status, result.stderr) == (141, "")


def test_hidden_legacy_flags_stand_for_settings_and_lose_to_x(invoke):
    legacy = ["topic", "--brokers", "127.0.0.1:1,127.0.0.1:2", "list", "--user", "u", "--timeout", "2s"]
    result = invoke(*legacy)
    assert result.status == 3
    assert "127.0.0.1:1" in result.stderr
    assert "127.0.0.1:3" in invoke(*legacy, "-X", "brokers=127.0.0.1:3").stderr
    assert "--brokers" not in invoke("topic", "list", "--help").stdout


def test_a_password_on_the_command_line_warns_and_is_not_shown(invoke):
    result = invoke("profile", "current", "--explain", "-v", "-X", "user=u", "-X", "pass=hunter2")
    assert result.status == 0
    assert "process list" in result.stderr
    assert "hunter2" not in result.stdout + result.stderr
