"""The bundled engine and Apache Kafka give the same answers to the same requests, field by field."""

import re

import pytest

from engine.wire.api_keys import ApiKey
from tests.interop.deliberate_differences import DIFFERENCES, ONLY_APACHE_CONFIGS
from tests.interop.exchanges import Recorder, run
from tests.support import apache_kafka
from tests.support.apache_kafka import ApacheKafka
from tests.support.broker import BrokerProcess
from tests.support.raw_kafka import RawKafka

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]


def advertised(bootstrap: str) -> dict[int, tuple[int, int]]:
    with RawKafka(bootstrap) as raw:
        answer = raw.ask(ApiKey.API_VERSIONS, 0, {})
    return {api.api_key: (api.min_version, api.max_version) for api in answer.api_keys}


def differences(path: str, ours: object, theirs: object):
    """(path, ours, theirs) of every leaf that differs."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted(ours.keys() | theirs.keys()):
            yield from differences(f"{path}/{name}", ours.get(name, "(absent)"), theirs.get(name, "(absent)"))
    elif isinstance(ours, list) and isinstance(theirs, list):
        if path.endswith("/configs"):
            by_name = ({one["name"]: one for one in side} for side in (ours, theirs))
            yield from differences(path, *by_name)
            return
        if len(ours) != len(theirs):
            yield path, ours, theirs
            return
        for at, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(f"{path}/{at}", one, other)
    elif ours != theirs:
        yield path, ours, theirs


def expected(path: str, ours: object, theirs: object) -> bool:
    if "/configs/" in path:
        name = path.rsplit("/", 1)[1]
        if ours == "(absent)" and name in ONLY_APACHE_CONFIGS:
            return True
        if theirs == "(absent)":
            return True  # more configs than Apache Kafka has do no harm
    return any(re.search(pattern, path) for pattern, _ in DIFFERENCES)


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """(ours, Apache Kafka's): label → answer."""
    if reason := apache_kafka.missing():
        pytest.skip(reason)
    directory = tmp_path_factory.mktemp("same-answers")
    ours = BrokerProcess(
        directory / "ours", cluster={"auto_create_topics_enabled": False}, node={"node_id": 1}
    )
    with ours, ApacheKafka(directory / "theirs") as theirs:
        spans = advertised(ours.bootstrap), advertised(theirs.bootstrap)
        common = {
            key: (max(spans[0][key][0], spans[1][key][0]), min(spans[0][key][1], spans[1][key][1]))
            for key in spans[0].keys() & spans[1].keys()
        }
        recorders = [Recorder(engine.bootstrap, common) for engine in (ours, theirs)]
        for recorder in recorders:
            with recorder.raw:
                run(recorder)
        assert "Traceback" not in ours.log_path.read_text(errors="replace"), ours.log_tail()
        yield recorders[0].answers, recorders[1].answers, common


def test_every_common_version_is_asked(answers):
    asked = {tuple(label.split(" ")[:2]) for label in answers[0]}
    missing = [
        (ApiKey(key).name, version)
        for key, (low, high) in answers[2].items()
        for version in range(low, high + 1)
        if (ApiKey(key).name, str(version)) not in asked
    ]
    # Produce 0 to 2 is advertised and closes the connection in both.
    assert [pair for pair in missing if pair[0] not in {"PRODUCE", "API_VERSIONS"} or pair[1] > 2] == []


def test_the_answers_are_the_same(answers):
    ours, theirs, _ = answers
    found = [
        f"{path}\n    ours   {one!r}\n    theirs {other!r}"
        for label in theirs
        for path, one, other in differences(label, ours.get(label, "(not asked)"), theirs[label])
        if not expected(path, one, other)
    ]
    assert not found, f"{len(found)} differences:\n" + "\n".join(found)


def test_no_difference_is_listed_in_vain(answers):
    ours, theirs, _ = answers
    paths = [path for label in theirs for path, *_ in differences(label, ours.get(label), theirs[label])]
    unused = [pattern for pattern, _ in DIFFERENCES if not any(re.search(pattern, path) for path in paths)]
    assert unused == []
