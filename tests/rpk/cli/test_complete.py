"""Completion: static words offline, live names from a cache, silent when the cluster is not there (UX-35)."""

import os
import socket
import time

import pytest

from tests.support.fake_kafka import FakeBroker


@pytest.fixture
def complete(invoke):
    def run(*words, options=()):
        result = invoke(*options, "__complete", "--", *words)
        assert (result.status, result.stderr) == (0, "")
        return [line.split("\t")[0] for line in result.stdout.splitlines()]

    return run


def test_commands_flags_and_settings(complete):
    assert complete("prof") == ["profile"]
    assert "use" in complete("profile", "")
    assert complete("profile", "create", "--from-re") == ["--from-redpanda"]
    assert complete("-X", "tls.c") == ["tls.ca=", "tls.cert="]
    assert complete("profile", "list", "--format", "j") == ["json"]
    assert complete("-v", "profile", "--format", "json", "li") == ["list"]
    assert "--profile" in complete("--")


def test_profiles(complete, invoke):
    for name in ("staging", "dr"):
        invoke("profile", "create", name)
    assert complete("profile", "use", "") == ["dr", "staging"]
    assert complete("--profile", "s") == ["staging"]


@pytest.mark.parametrize(
    "words", [("profile", "use", ""), ("nonsense", "x", ""), ("topic", "describe", ""), ("--", "a")]
)
def test_nothing_to_offer_is_silent(complete, words, monkeypatch):
    monkeypatch.setenv("RPK_BROKERS", "127.0.0.1:1")
    assert complete(*words) == []


def test_topics_come_from_the_cluster_then_from_the_cache(complete, home):
    with FakeBroker(topics=("orders", "other")) as broker:
        options = ("-X", f"brokers={broker.address}")
        assert complete("topic", "describe", "or", options=options) == ["orders"]
        asked = len(broker.requests)
        assert complete("topic", "describe", "", options=options) == ["orders", "other"]
        assert len(broker.requests) == asked
    (cached,) = (home / ".cache" / "rpk").iterdir()
    old = time.time() - 120
    os.utime(cached, (old, old))
    assert complete("topic", "describe", "", options=options) == ["orders", "other"]


def test_the_line_being_completed_says_which_cluster(complete):
    with FakeBroker(topics=("orders",)) as broker:
        assert complete("topic", "-X", f"brokers={broker.address}", "describe", "") == ["orders"]


def test_a_black_hole_does_not_hold_the_shell(complete, monkeypatch):
    def black_hole(_address, timeout=None, **_keywords):
        time.sleep(timeout)
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", black_hole)
    started = time.monotonic()
    assert complete("topic", "describe", "") == []
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_code_of_each_shell(invoke, shell):
    result = invoke("generate", "shell-completion", shell)
    assert (result.status, result.stderr) == (0, "")
    assert "__complete" in result.stdout


def test_an_unknown_shell(invoke):
    assert invoke("generate", "shell-completion", "tcsh").status == 2
