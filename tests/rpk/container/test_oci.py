"""The docker runtime against a stand-in executable that records what it was asked."""

import os
import stat

import pytest

from rpk.container.brokers import FAILED, RUNNING, STOPPED
from rpk.container.cluster import Cluster, Node, Ports
from rpk.container.oci import OciRuntime
from rpk.out.errors import NotFound, OperationFailed

PORTS = Ports(kafka=19092, admin=19644, proxy=18082, schema_registry=18081, rpc=13145)

STAND_IN = """#!/bin/sh
echo "$@" >> "$DOCKER_CALLS"
case "$1" in
  info) [ -e "$DOCKER_DIR/no-daemon" ] && { echo "Cannot connect to the daemon" >&2; exit 1; }; echo id;;
  image) [ -e "$DOCKER_DIR/no-image" ] && exit 1; true;;
  inspect) [ -e "$DOCKER_DIR/created" ] || exit 1; cat "$DOCKER_DIR/created";;
  run) [ -e "$DOCKER_DIR/port-taken" ] && { echo "port is already allocated" >&2; exit 125; }; echo running > "$DOCKER_DIR/created";;
  stop) echo exited > "$DOCKER_DIR/created";;
  rm) rm -f "$DOCKER_DIR/created";;
esac
"""


@pytest.fixture
def docker(tmp_path, monkeypatch):
    binary = tmp_path / "bin" / "docker"
    binary.parent.mkdir()
    binary.write_text(STAND_IN)
    binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{binary.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("DOCKER_CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("DOCKER_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def cluster(tmp_path):
    return Cluster(directory=str(tmp_path / "state"), runtime="docker", nodes=(Node(node_id=0, ports=PORTS),))


def test_the_life_of_a_container(docker, cluster):
    ways = OciRuntime("docker")
    assert ways.state(cluster, cluster.nodes[0]).status == STOPPED
    cluster = ways.start(cluster, os.environ, lambda _: None)
    assert ways.state(cluster, cluster.nodes[0]).status == RUNNING
    calls = (docker / "calls").read_text()
    assert "--publish 127.0.0.1:19092:19092 --publish 127.0.0.1:19644:19644" in calls
    assert "localhost/rpk:latest --redpanda-cfg" in calls
    cluster, ended = ways.stop(cluster)
    assert [by_itself for _, by_itself in ended] == [True]
    assert ways.state(cluster, cluster.nodes[0]).status == STOPPED
    ways.remove(cluster)
    assert not (docker / "created").exists()


def test_a_container_that_ended_has_failed(docker, cluster):
    ways = OciRuntime("docker")
    cluster = ways.start(cluster, os.environ, lambda _: None)
    (docker / "created").write_text("exited\n")
    state = ways.state(cluster, cluster.nodes[0])
    assert (state.status, state.reason) == (FAILED, "its container is exited")


def test_no_daemon_is_said_in_one_line(docker, cluster):
    (docker / "no-daemon").touch()
    with pytest.raises(OperationFailed) as raised:
        OciRuntime("docker").start(cluster, os.environ, lambda _: None)
    assert raised.value.message == "no docker daemon answers here"
    assert raised.value.cause == "Cannot connect to the daemon"


def test_a_missing_image_names_the_build(docker, cluster):
    (docker / "no-image").touch()
    with pytest.raises(OperationFailed) as raised:
        OciRuntime("docker").start(cluster, os.environ, lambda _: None)
    assert "docker build --tag localhost/rpk:latest --file Containerfile ." in (raised.value.hint or "")


def test_a_failed_start_keeps_the_runtimes_own_words(docker, cluster):
    (docker / "port-taken").touch()
    with pytest.raises(OperationFailed) as raised:
        OciRuntime("docker").start(cluster, os.environ, lambda _: None)
    assert raised.value.cause == "port is already allocated"


def test_a_binary_that_is_not_there(cluster, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotFound, match="podman is not installed"):
        OciRuntime("podman").start(cluster, os.environ, lambda _: None)
