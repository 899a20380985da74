"""`rpk profile` from the command line."""

import json
import stat

import pytest
import yaml

from tests.support.fake_kafka import FakeBroker


@pytest.fixture
def path(home):
    return home / ".config" / "rpk" / "rpk.yaml"


def ok(result):
    assert (result.status, result.stderr) == (0, ""), result
    return result.stdout


def test_create_use_list_current(invoke, path):
    ok(invoke("profile", "create", "a", "-s", "brokers=one:1,two", "-d", "the first"))
    ok(invoke("profile", "create", "b"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ok(invoke("profile", "list")) == "NAME  DESCRIPTION\na     the first\nb*    -\n"
    assert ok(invoke("profile", "use", "-")) == 'Selected profile "a".\n'
    assert ok(invoke("profile", "current")) == "a\n"
    assert ok(invoke("profile", "current", "-n")) == "a"
    assert json.loads(ok(invoke("profile", "current", "--format", "json")))["name"] == "a"
    data = yaml.safe_load(path.read_text())
    assert data["version"] == 6
    assert data["profiles"][0]["kafka_api"]["brokers"] == ["one:1", "two:9092"]


def test_reading_commands_never_write(invoke, path):
    for words in (["list"], ["current"], ["current", "--explain"], ["print-globals"], ["prompt"], ["clear"]):
        assert invoke("profile", *words).status == 0
    assert not path.parent.exists()


def test_sources(invoke, home, path):
    node = home / "redpanda.yaml"
    node.write_text(
        yaml.safe_dump({"redpanda": {}, "rpk": {"kafka_api": {"brokers": ["n:1"]}, "tune_cpu": True}})
    )
    ok(invoke("profile", "create", "node", "--from-redpanda", node))
    ok(invoke("profile", "create", "child", "--from-profile", "node", "-s", "admin.hosts=n:2"))
    assert yaml.safe_load(path.read_text())["profiles"][1] == {
        "name": "child",
        "kafka_api": {"brokers": ["n:1"]},
        "admin_api": {"addresses": ["n:2"]},
    }
    assert invoke("profile", "create", "x", "--from-profile", "nod").status == 5
    assert invoke("profile", "create", "x", "--from-profile", "a", "--from-redpanda", "b").status == 2
    assert invoke("profile", "create", "--from-rpk-container").status == 5
    ok(invoke("profile", "create", "rpk-container", "-s", "brokers=127.0.0.1:7"))
    ok(invoke("profile", "create", "mine", "--from-rpk-container"))
    assert yaml.safe_load(path.read_text())["profiles"][-1]["kafka_api"] == {"brokers": ["127.0.0.1:7"]}


@pytest.mark.parametrize("name", ["", "-", "a b", "a/b", "a*", "a\x1b"])
def test_bad_names(invoke, name):
    assert invoke("profile", "create", name).status == 2


def test_taken_and_missing_names(invoke):
    ok(invoke("profile", "create", "staging"))
    assert invoke("profile", "create", "staging").status == 2
    result = invoke("profile", "use", "stagin")
    assert result.status == 5
    assert '"staging"' in result.stderr
    assert invoke("profile", "print", "nope").status == 5
    assert invoke("profile", "copy", "staging", "staging").status == 2
    assert invoke("profile", "rename-to", "staging").status == 0


def test_set(invoke, path):
    ok(invoke("profile", "create", "a"))
    ok(invoke("profile", "set", "tls.enabled=true", "kafka_api.sasl.user=u", "prompt=red '%n'"))
    ok(invoke("profile", "set", "description", "two words"))
    ok(invoke("profile", "set-globals", "dial_timeout=1s", "globals.no_default_cluster=true"))
    data = yaml.safe_load(path.read_text())
    assert data["profiles"][0] == {
        "name": "a",
        "kafka_api": {"tls": {}, "sasl": {"user": "u"}},
        "prompt": "red '%n'",
        "description": "two words",
    }
    assert data["globals"] == {"dial_timeout": "1s", "no_default_cluster": True}
    ok(invoke("profile", "set", "tls.enabled=false"))
    assert "tls" not in yaml.safe_load(path.read_text())["profiles"][0]["kafka_api"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["set", "broker=x"], "brokers"),
        (["set", "dial_timeout=1s"], ""),
        (["set", "globals.dial_timeout=1s"], "set-globals"),
        (["set-globals", "brokers=x"], "profile set"),
        (["set-globals", "dial_timeout=fast"], "500ms"),
        (["set", "brokers"], "key=value"),
        (["set", "tls.enabled=maybe"], ""),
    ],
)
def test_what_cannot_be_set(invoke, words, hint):
    ok(invoke("profile", "create", "a"))
    result = invoke("profile", *words)
    assert (result.status, result.stdout) == (2, "")
    assert hint in result.stderr


def test_passwords_are_never_shown(invoke):
    result = invoke("profile", "create", "a", "-s", "user=u", "-s", "pass=hunter2")
    assert "history" in result.stderr
    for words in (
        ["print"],
        ["print", "--format", "json"],
        ["current", "--explain"],
        ["current", "--explain", "-v"],
    ):
        result = invoke("profile", *words)
        assert result.status == 0
        assert "hunter2" not in result.stdout + result.stderr
        assert "REDACTED" in result.stdout


def test_explain_names_sources_and_shadows(invoke, monkeypatch, home):
    ok(invoke("profile", "create", "a", "-s", "brokers=p:1", "-s", "user=u"))
    (home / "work" / ".rpk.yaml").write_text("kafka_api: {brokers: [f:1]}\n")
    monkeypatch.setenv("RPK_BROKERS", "e:1")
    rows = json.loads(ok(invoke("profile", "current", "--explain", "--format", "json", "-X", "brokers=x:1")))
    brokers = next(row for row in rows if row["key"] == "brokers")
    assert (brokers["value"], brokers["source"]) == ("x:1", "-X")
    assert [shadow.split(" ")[0] for shadow in brokers["shadows"]] == ["e:1", "f:1", "p:1"]
    assert next(row for row in rows if row["key"] == "user")["source"] == "profile a"


def test_delete_and_rename(invoke, path):
    for name in ("a", "b"):
        ok(invoke("profile", "create", name))
    assert invoke("profile", "delete", "b").status == 2
    assert "No profile is selected" in ok(invoke("profile", "delete", "b", "--yes"))
    assert invoke("profile", "rename-to", "c").status == 5
    ok(invoke("profile", "rename-to", "c", "--profile", "a"))
    assert [profile["name"] for profile in yaml.safe_load(path.read_text())["profiles"]] == ["c"]


def test_edit(invoke, path, home, monkeypatch):
    editor = home / "editor"
    editor.write_text('#!/bin/sh\ncp "$NEW" "$1"\n')
    editor.chmod(0o755)
    new = home / "new.yaml"
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.setenv("NEW", str(new))
    new.write_text("name: a\nkafka_api: {brokers: [e:1]}\n")
    ok(invoke("profile", "edit", "a"))
    new.write_text("name: b\nkafka_api: {brokers: [e:2]}\n")
    ok(invoke("profile", "edit", "a"))
    assert yaml.safe_load(path.read_text())["profiles"] == [{"name": "b", "kafka_api": {"brokers": ["e:2"]}}]
    new.write_text("kafka_api: [\n")
    assert invoke("profile", "edit", "b").status == 2
    new.write_text("dial_timeout: 1s\n")
    ok(invoke("profile", "edit-globals"))
    assert yaml.safe_load(path.read_text())["globals"] == {"dial_timeout": "1s"}
    monkeypatch.setenv("EDITOR", "true")
    assert "unchanged" in ok(invoke("profile", "edit", "b"))
    monkeypatch.setenv("EDITOR", "false")
    assert invoke("profile", "edit", "b").status == 1


def test_prompt(invoke):
    assert ok(invoke("profile", "prompt")) == ""
    assert invoke("profile", "prompt", "--validate").status == 5
    ok(invoke("profile", "create", "a", "-s", "prompt=bold, bg-red \"<%n>\" hi-green '%%'"))
    assert ok(invoke("profile", "prompt")) == "\x1b[1;41m<a>\x1b[0m\x1b[92m%\x1b[0m"
    ok(invoke("profile", "set", "prompt=nonsense"))
    assert ok(invoke("profile", "prompt")) == ""
    assert invoke("profile", "prompt", "--validate").status == 2


def test_validate_reports_each_address(invoke):
    with FakeBroker() as broker:
        invoke(
            "profile",
            "create",
            "a",
            "-s",
            f"brokers={broker.address},127.0.0.1:1",
            "-s",
            "admin.hosts=127.0.0.1:1",
        )
        result = invoke("profile", "validate", "--format", "json")
    assert result.status == 1
    rows = json.loads(result.stdout)
    assert [(row["api"], row["ok"]) for row in rows] == [("kafka", True), ("kafka", False), ("admin", False)]
    assert rows[1]["error"]["name"] == "CONNECTION_REFUSED"
    assert rows[2]["error"]["name"] == "CONNECTION_REFUSED"


def test_passwords_come_from_stdin_or_a_file(invoke, path, home):
    ok(invoke("profile", "create", "a", "-s", "user=u", "--password-stdin", stdin="from stdin\n"))
    assert yaml.safe_load(path.read_text())["profiles"][0]["kafka_api"]["sasl"]["password"] == "from stdin"
    secret = home / "secret"
    secret.write_text("from file\n")
    ok(invoke("profile", "set", "--password-file", secret))
    assert yaml.safe_load(path.read_text())["profiles"][0]["kafka_api"]["sasl"]["password"] == "from file"
    assert invoke("profile", "set").status == 2
    assert invoke("profile", "set", "--password-stdin").status == 2
    assert invoke("profile", "set", "--password-file", home / "none").status == 5
