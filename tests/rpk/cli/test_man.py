"""The manual pages say what the commands do: none is missing, stale or without its command."""

import re
import shutil
import subprocess
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from engine.config.node_config import node_config
from rpk.config.run import Options, Run, enter, leave

ROOT = Path(__file__).resolve().parents[3]
MAN = ROOT / "man"


@pytest.fixture(scope="module")
def maker():
    """tools/man.py."""
    spec = spec_from_file_location("man", ROOT / "tools" / "man.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages(maker):
    enter(Run(Options()))
    try:
        return maker.pages()
    finally:
        leave()


def test_every_page_is_up_to_date(maker, pages):
    there = {path.name: path.read_text() for path in MAN.iterdir() if path.name not in maker.BY_HAND}
    stale = sorted(name for name in pages.keys() | there.keys() if pages.get(name) != there.get(name))
    assert not stale, "make man, then commit man/"


def test_what_a_page_points_at_exists(maker, pages):
    names = {*pages, *maker.BY_HAND}
    for name, words in pages.items():
        for other, section in re.findall(r"\\fB([^\\]+(?:\\-[^\\]+)*)\\fR\((\d)\)", words):
            assert f"{other.replace(chr(92) + '-', '-')}.{section}" in names, name


def test_redpanda_yaml_has_every_key_of_the_broker(tmp_path):
    words = (MAN / "redpanda.yaml.5").read_text()
    config = node_config({"redpanda": {"data_directory": str(tmp_path)}}, file="redpanda.yaml")
    documented = {key for line in re.findall(r"(?m)^\.B (.+)$", words) for key in line.split(", ")}
    assert set(config.as_flat()) <= documented


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_pages_have_no_warnings():
    files = [str(path) for path in sorted(MAN.iterdir())]
    run = subprocess.run(
        ["groff", "-Kutf8", "-man", "-ww", "-z", "-Tutf8", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
