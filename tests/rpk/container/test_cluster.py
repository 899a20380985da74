import json

import pytest

from rpk.container import cluster as clusters
from rpk.container import runtimes
from rpk.container.cluster import Cluster, Node, Ports
from rpk.out.errors import OperationFailed, TransientError

PORTS = Ports(kafka=9092, admin=9644, proxy=8082, schema_registry=8081, rpc=33145)


def test_a_saved_cluster_is_loaded_as_it_was(tmp_path):
    saved = Cluster(
        directory=str(tmp_path),
        nodes=(Node(node_id=0, ports=PORTS, pid=7, started=8, wanted=True),),
        settings=("a=b",),
    )
    saved.save()
    assert clusters.load(str(tmp_path)) == saved


def test_no_file_is_no_cluster(tmp_path):
    assert clusters.load(str(tmp_path)) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"version": 1}', '{"version": 99}', '{"version": 1, "nodes": [{}]}']
)
def test_a_damaged_file_names_itself_and_the_way_out(tmp_path, text):
    (tmp_path / "cluster.json").write_text(text)
    with pytest.raises(OperationFailed) as raised:
        clusters.load(str(tmp_path))
    assert str(tmp_path / "cluster.json") in raised.value.message
    assert "purge" in (raised.value.hint or "")


def test_a_file_with_keys_of_tomorrow_is_damaged_not_a_traceback(tmp_path):
    saved = Cluster(directory=str(tmp_path), nodes=(Node(node_id=0, ports=PORTS),))
    saved.save()
    document = json.loads((tmp_path / "cluster.json").read_text())
    document["unknown"] = 1
    (tmp_path / "cluster.json").write_text(json.dumps(document))
    with pytest.raises(OperationFailed):
        clusters.load(str(tmp_path))


def test_two_starts_do_not_race(tmp_path):
    home = str(tmp_path / "container")
    with (
        clusters.exclusively(home),
        pytest.raises(TransientError, match="another rpk"),
        clusters.exclusively(home),
    ):
        pass


def test_the_log_tail_is_bounded(tmp_path):
    cluster = Cluster(directory=str(tmp_path), nodes=(Node(node_id=0, ports=PORTS),))
    (tmp_path / "node-0").mkdir()
    (tmp_path / "node-0" / "broker.log").write_text("".join(f"line {n}\n" for n in range(100_000)))
    assert cluster.log_tail(cluster.nodes[0]) == [f"line {n}" for n in range(99_980, 100_000)]


def test_another_system_is_told_so(monkeypatch):
    monkeypatch.setattr(runtimes.sys, "platform", "darwin")
    with pytest.raises(OperationFailed, match="does not run on darwin") as refused:
        runtimes.runtime("process")
    assert "--runtime docker" in refused.value.hint
