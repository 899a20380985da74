"""A disk in memory that forgets what was not synced, tears writes, and fails on command."""

import errno
import random
import threading
import time

import pytest


class PowerCut(OSError):
    """The machine is off; nothing gets through any more."""

    def __init__(self):
        super().__init__(errno.EIO, "power cut")


class _File:
    def __init__(self, path):
        self.path = path
        self.data = bytearray()  # what a reader sees
        self.safe = bytearray()  # what a power cut leaves for certain
        self.writes = []  # (position, bytes) or ("size", n) since the last sync


class Gate:
    """One operation, held until `open`: `reached` tells that a thread stands before it."""

    def __init__(self, operation, path_part):
        self.operation, self.path_part = operation, path_part
        self._reached, self._opened = threading.Event(), threading.Event()

    @property
    def reached(self):
        return self._reached.is_set()

    def open(self):
        self._opened.set()

    def pass_through(self):
        self._reached.set()
        assert self._opened.wait(60), f"nobody opened the gate before {self.operation}"


class SimulatedDisk:
    """`Disk` in memory. `steps_left` counts effects down; at zero the power is cut in the middle of the next one.

    Directory entries too are lost unless their directory was synced. `crash` gives the disk as the next start finds
    it: of each file's unsynced writes any subset, torn anywhere, survives.
    """

    def __init__(self, seed=0, steps_left=None):
        self.random = random.Random(seed)
        self.steps_left = steps_left
        self.off = False
        self.jitter = 0.02  # share of effects that stall, so that threads meet in ever new ways
        self.fail_next = {}  # operation -> errno
        self.space = 1 << 40
        self.gates = []
        self.lock_ = threading.RLock()
        self.handles = {}
        self.next_handle = 100
        self.tree = {}  # path -> _File, live
        self.safe_tree = {}  # path -> _File, durable entries
        self.directories = set()
        self.locked = set()

    # --- stalls ---

    def hold(self, operation, path_part):
        """Let the next such operation on a path with this part wait until the `Gate` returned is opened."""
        gate = Gate(operation, path_part)
        self.gates.append(gate)
        return gate

    def stand(self, operation, path):
        for gate in self.gates:
            if gate.operation == operation and gate.path_part in path:
                self.gates.remove(gate)
                gate.pass_through()
                return

    # --- power ---

    def step(self, operation):
        if self.off:
            raise PowerCut
        if self.random.random() < self.jitter:
            time.sleep(self.random.random() * 0.002)
        code = self.fail_next.pop(operation, None)
        if code is not None:
            raise OSError(code, "injected")
        if self.steps_left is not None:
            self.steps_left -= 1
            if self.steps_left <= 0:
                self.off = True
                return True
        return False

    def crash(self, kill_only=False, lose_all=False):
        """The disk after the power is back (or, `kill_only`, after kill -9: nothing written is lost).

        `lose_all`: of what was not synced nothing survives, instead of a random part.
        """
        with self.lock_:
            self.off = True
            after = SimulatedDisk(self.random.randrange(1 << 30))
            after.directories = set(self.directories)
            if kill_only:
                entries = self.tree
            else:
                entries = dict(self.safe_tree)
                for path, file in self.tree.items():
                    if path not in entries and not lose_all and self.random.random() < 0.5:
                        entries[path] = file
                for path in list(entries):
                    gone = path not in self.tree
                    if gone and not lose_all and self.random.random() < 0.5:
                        del entries[path]
            for path, file in entries.items():
                survivor = _File(path)
                if kill_only:
                    survivor.data = bytearray(file.data)
                else:
                    survivor.data = bytearray(file.safe) if lose_all else self._torn(file)
                survivor.safe = bytearray(survivor.data)
                after.tree[path] = after.safe_tree[path] = survivor
            return after

    def _torn(self, file):
        data = bytearray(file.safe)
        for what, value in file.writes:
            fate = self.random.random()
            if fate < 0.3:
                continue
            if what == "size":
                if len(data) > value:
                    del data[value:]
                else:
                    data.extend(bytes(value - len(data)))
                continue
            if fate < 0.6:
                cut = self.random.randrange(len(value) + 1)
                if self.random.random() < 0.5:
                    value = value[:cut]
                else:
                    what, value = what + cut, value[cut:]
            _put(data, what, value)
        return data

    # --- Disk ---

    def open(self, path, *, create=False):
        with self.lock_:
            if self.off:
                raise PowerCut
            if path not in self.tree:
                if not create:
                    raise FileNotFoundError(errno.ENOENT, path)
                self.step("open")
                self.tree[path] = _File(path)
            self.next_handle += 1
            self.handles[self.next_handle] = self.tree[path]
            return self.next_handle

    def close(self, handle):
        self.handles.pop(handle, None)

    def size(self, handle):
        return len(self.handles[handle].data)

    def read(self, handle, length, position):
        return bytes(self.handles[handle].data[position : position + length])

    def write(self, handle, buffers, position):
        self.stand("write", self.handles[handle].path)
        with self.lock_:
            namespace = self.handles[handle].path.split("/")[2]
            cut = self.step(f"write {namespace}")
            data = b"".join(map(bytes, buffers))
            if len(data) > self.space:
                part = data[: self.space]
                self._write(handle, part, position)
                raise OSError(errno.ENOSPC, "no space")
            if cut:
                self._write(handle, data[: self.random.randrange(len(data) + 1)], position)
                raise PowerCut
            self._write(handle, data, position)

    def _write(self, handle, data, position):
        file = self.handles[handle]
        _put(file.data, position, data)
        file.writes.append((position, data))

    def write_durable(self, handle, buffers, position):
        self.write(handle, buffers, position)
        self.sync(handle)

    def sync(self, handle):
        self.stand("sync", self.handles[handle].path)
        with self.lock_:
            if self.step("sync"):
                raise PowerCut
            file = self.handles[handle]
            file.safe = bytearray(file.data)
            file.writes = []

    def truncate(self, handle, size):
        with self.lock_:
            if self.step("truncate"):
                raise PowerCut
            file = self.handles[handle]
            if len(file.data) > size:
                del file.data[size:]
            else:
                file.data.extend(bytes(size - len(file.data)))
            file.writes.append(("size", size))

    def make_directory(self, path):
        if self.off:
            raise PowerCut
        parts = path.split("/")
        for count in range(2, len(parts) + 1):
            self.directories.add("/".join(parts[:count]))

    def sync_directory(self, path):
        with self.lock_:
            if self.step("sync_directory"):
                raise PowerCut
            prefix = path + "/"
            for known in [p for p in self.safe_tree if p.startswith(prefix) and "/" not in p[len(prefix) :]]:
                del self.safe_tree[known]
            for name, file in self.tree.items():
                if name.startswith(prefix) and "/" not in name[len(prefix) :]:
                    self.safe_tree[name] = file

    def list_directory(self, path):
        with self.lock_:
            prefix = path + "/"
            found = [
                (p[len(prefix) :], True, 0)
                for p in self.directories
                if p.startswith(prefix) and "/" not in p[len(prefix) :]
            ]
            found += [
                (p[len(prefix) :], False, len(file.data))
                for p, file in self.tree.items()
                if p.startswith(prefix) and "/" not in p[len(prefix) :]
            ]
            return found

    def rename(self, old, new):
        self.stand("rename", new)
        with self.lock_:
            if self.step("rename"):
                raise PowerCut
            if old in self.tree:
                self.tree[new] = self.tree.pop(old)
                return
            for tree in (self.tree, self.safe_tree):
                for path in [p for p in tree if p.startswith(old + "/")]:
                    tree[new + path[len(old) :]] = tree.pop(path)
            for path in [p for p in self.directories if p == old or p.startswith(old + "/")]:
                self.directories.discard(path)
                self.directories.add(new + path[len(old) :])

    def unlink(self, path):
        with self.lock_:
            if self.step("unlink"):
                raise PowerCut
            self.tree.pop(path, None)

    def remove_tree(self, path):
        with self.lock_:
            if self.off:
                raise PowerCut
            for tree in (self.tree, self.safe_tree):
                for name in [p for p in tree if p.startswith(path + "/")]:
                    del tree[name]
            self.directories = {p for p in self.directories if p != path and not p.startswith(path + "/")}

    def free_bytes(self, path):
        return self.space

    def lock(self, handle):
        return True


def _put(data, position, value):
    if not value:
        return
    if len(data) < position:
        data.extend(bytes(position - len(data)))
    data[position : position + len(value)] = value


@pytest.fixture
def simulated_disk():
    """The class; tests make as many as they need."""
    return SimulatedDisk
