"""The file engines read: merged by mount, told apart by device, round trip."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rpk.iotune.phases import Figure, Measured
from rpk.iotune.places import Place
from rpk.iotune.properties_file import KEYS, devices_in, missing, read, render
from rpk.out.errors import ConfigError

POINTS = st.text(
    alphabet=st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=20
).map(lambda text: "/" + text)


def disk(point, value=1, device="8:1 sda"):
    return Measured(
        mountpoint=point, device=device, figures={name: Figure(value=value, deviation=0) for name in KEYS},
        block_bytes=4096,
    )  # fmt: skip


def place(point, device="8:1 sda"):
    return Place(mountpoint=point, directory=point, device=device, free_bytes=1, block_bytes=512, depth=1)


@given(POINTS, POINTS)
def test_every_mountpoint_survives(first, second):
    text = render([{"mountpoint": first, "read_iops": 7}], {}, [disk(second)])
    found = {each["mountpoint"]: each for each in yaml.safe_load(text)["disks"]}
    assert found[second] == {"mountpoint": second, **dict.fromkeys(KEYS, 1)}
    assert first == second or found[first]["read_iops"] == 7


def test_only_what_is_new_is_measured(tmp_path):
    path = tmp_path / "io-config.yaml"
    path.write_text(render([], {}, [disk("/a"), disk("/b", device="8:2 sdb")]))
    assert [each["mountpoint"] for each in read(str(path))] == ["/a", "/b"]
    devices = devices_in(str(path))
    assert devices == {"/a": "8:1 sda", "/b": "8:2 sdb"}
    assert missing(read(str(path)), devices, [place("/a")]) == []
    wanted = [place("/a"), place("/b", "9:9 other disk"), place("/c")]
    assert [each.mountpoint for each in missing(read(str(path)), devices, wanted)] == ["/b", "/c"]


@pytest.mark.parametrize("text", ["disks: 3", "[1]", "disks:\n  - 3", "disks: [", "disks:\n  - {x: 1}"])
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(ConfigError):
        read(str(path))
    assert read(str(tmp_path / "none")) == []
