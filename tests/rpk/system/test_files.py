"""Files are replaced whole, keep owner and mode, and are left alone when nothing changes (UX-30)."""

import errno
import os
import stat

import pytest

from rpk.out.errors import OperationFailed
from rpk.system import files


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_is_private_and_its_directory_is_made(tmp_path):
    path = tmp_path / "a" / "b.yaml"
    assert files.write_text(str(path), "x")
    assert mode(path) == 0o600
    assert os.listdir(path.parent) == ["b.yaml"]


def test_an_existing_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path):
    path, link = tmp_path / "real", tmp_path / "link"
    path.write_text("old")
    path.chmod(0o644)
    link.symlink_to(path)
    assert files.write_text(str(link), "new")
    assert path.read_text() == "new"
    assert link.is_symlink()
    assert mode(path) == 0o644


def test_nothing_is_written_when_nothing_changes(tmp_path):
    path = tmp_path / "f"
    path.write_text("same")
    before = path.stat()
    assert not files.write_text(str(path), "same")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("code", [errno.EBUSY, errno.EXDEV])
def test_a_bind_mount_is_written_in_place(tmp_path, monkeypatch, code):
    path = tmp_path / "f"
    path.write_text("a longer old text")
    inode = path.stat().st_ino

    def busy(*_):
        raise OSError(code, "busy")

    monkeypatch.setattr(os, "rename", busy)
    assert files.write_text(str(path), "new")
    assert path.read_text() == "new"
    assert path.stat().st_ino == inode
    assert os.listdir(tmp_path) == ["f"]


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    path = tmp_path / "f"
    path.write_text("old")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OperationFailed) as caught:
        files.write_text(str(path), "new")
    assert caught.value.cause == "No space left on device"
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["f"]


def test_bytes_that_are_no_text_survive(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"a\xff")
    assert files.write_text(str(path), files.read_text(str(path)) + "b")
    assert path.read_bytes() == b"a\xffb"
    assert files.read_text(str(tmp_path / "none")) is None
