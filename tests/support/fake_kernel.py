"""A kernel made of files: a tree of /proc and /sys in which writes behave as the real one's do."""

import errno
import os
import signal
import stat
from dataclasses import replace

from rpk.system.ethtool import Channels
from rpk.system.host import CommandEnd
from rpk.system.host_writer import HostWriter
from rpk.tune.irq.masks import parse_mask


class FakeEthtool:
    """NIC drivers with combined channels; changing them adds and removes queue directories."""

    def __init__(self, channels=None, ntuple=None):
        self.counts = dict(channels or {})
        self.filters = dict(ntuple or {})
        self.on_channels = lambda interface, count: None

    def driver(self, interface):
        return None

    def channels(self, interface):
        return self.counts.get(interface)

    def ntuple(self, interface):
        return self.filters.get(interface)

    def set_channels(self, interface, channels):
        old = self.counts[interface]
        if channels.combined > old.combined_max:
            raise OSError(errno.EINVAL, "Invalid argument")
        self.counts[interface] = replace(old, combined=channels.combined, rx=channels.rx, tx=channels.tx)
        self.on_channels(interface, channels.combined)

    def set_ntuple(self, interface, *, on):
        self.filters[interface] = on


class FakeKernel(HostWriter):
    """The tree at `root`. `writes` remembers every value written, in order; `commands` every program run.

    kill_at: the number of the effect at which the process dies by SIGKILL, before it (even) or after it (odd).
    """

    def __init__(self, root, *, ethtool=None, kill_at=None):
        super().__init__(str(root), ethtool=ethtool)
        self.writes = []
        self.commands = []
        self.kill_at = kill_at
        self.effects = 0

    def _mortal(self):
        if self.kill_at is not None and self.effects == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.effects += 1

    def write_value(self, path, text):
        self._mortal()
        self._write_value(self.resolve(path), text)
        self.writes.append((path, text))
        self._mortal()

    def _write_value(self, path, text):
        real = self.root + path
        mode = os.stat(real).st_mode
        if not mode & stat.S_IWUSR:
            raise OSError(errno.EPERM, "Operation not permitted")
        with open(real) as file:
            old = file.read()
        new = self._answer(path, old.rstrip("\n"), text)
        with open(real, "w") as file:
            file.write(new + "\n")

    def _answer(self, path, old, text):
        name = path.rsplit("/", 1)[1]
        if name == "scheduler" or (name == "enabled" and "hugepage" in path):
            words = old.replace("[", "").replace("]", "").split()
            if text not in words:
                raise OSError(errno.EINVAL, "Invalid argument")
            if name == "scheduler":
                self._requests(path.rsplit("/", 1)[0], text)
            return " ".join(f"[{word}]" if word == text else word for word in words)
        if name in ("smp_affinity", "rps_cpus", "xps_cpus"):
            return self._mask(text, allow_empty=name != "smp_affinity")
        if name in ("rps_flow_cnt", "rps_sock_flow_entries"):
            count = int(text)
            return str(1 << (count - 1).bit_length() if count else 0)
        if name == "nomerges":
            return text if text in ("0", "1", "2") else "1"
        if name == "swappiness" and not 0 <= int(text) <= 200:
            raise OSError(errno.EINVAL, "Invalid argument")
        if (
            name == "current_clocksource"
            and text
            not in (
                self.read("/sys/devices/system/clocksource/clocksource0/available_clocksource") or ""
            ).split()
        ):
            return old  # accepted without a word
        return text

    def _requests(self, queue, scheduler):
        path = f"{self.root}{queue}/nr_requests"
        if os.path.exists(path):
            with open(path, "w") as file:
                file.write("128\n" if scheduler == "none" else "256\n")

    def _mask(self, text, *, allow_empty):
        mask = parse_mask(text)
        count = len(self.read("/proc/interrupts").splitlines()[0].split())
        if mask >> count:
            raise OSError(errno.EOVERFLOW, "Value too large for defined data type")
        if not mask and not allow_empty:
            raise OSError(errno.EINVAL, "Invalid argument")
        groups = []
        left = count
        while left > 0:
            digits = 8 if left >= 32 else (left + 3) // 4
            groups.append(f"{mask & 0xFFFFFFFF:0{digits}x}")
            mask >>= 32
            left -= 32
        return ",".join(reversed(groups))

    def replace_file(self, path, text, mode):
        self._mortal()
        super().replace_file(path, text, mode)
        self._mortal()

    def delete_file(self, path):
        self._mortal()
        super().delete_file(path)
        self._mortal()

    def make_directory(self, path, mode):
        self._mortal()
        super().make_directory(path, mode)
        self._mortal()

    def make_link(self, path, target):
        self._mortal()
        super().make_link(path, target)
        self._mortal()

    def allocate(self, path, size_bytes):
        self._mortal()
        super().allocate(path, size_bytes)
        self._mortal()

    def ask(self, arguments, *, timeout_s):
        self.commands.append(tuple(arguments))
        return CommandEnd(status=0, text="")


def picture(root):
    """Every file of a tree: path to (kind, mode, content or link text)."""
    found = {}
    for directory, names, files in os.walk(root):
        for name in names + files:
            path = os.path.join(directory, name)
            key = os.path.relpath(path, root)
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                found[key] = ("link", os.readlink(path))
            elif stat.S_ISDIR(status.st_mode):
                found[key] = ("directory", stat.S_IMODE(status.st_mode))
            else:
                with open(path, "rb") as file:
                    found[key] = (stat.S_IMODE(status.st_mode), file.read())
    return found


__all__ = ["Channels", "FakeEthtool", "FakeKernel", "picture"]
