"""The host process: from a command line to a running shard, and back to an exit code.

One shard runs in this process; `--smp` above one is said to be not yet there. The first SIGTERM or SIGINT drains,
the second ends the process at once.
"""

import asyncio
import contextlib
import errno
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from engine.base.clock import SystemClock
from engine.base.errors import OperatingError
from engine.config.cluster_config import PROPERTY_NAMES
from engine.config.errors import ConfigError
from engine.config.node_config import NodeConfig, load_node_config
from engine.node.arguments import Arguments
from engine.node.checks import refuse_unavailable, services_remarks
from engine.node.crash_loop import CrashLoop
from engine.node.errors import StartFailed
from engine.node.exit_codes import ExitCode
from engine.node.line_writer import STDERR
from engine.node.memory import plan_memory
from engine.node.pid_file import PidFile
from engine.node.readiness import announce, notify, process_age_s, ready_line
from engine.node.shard import Shard
from engine.node.unsynced import UnsyncedDisk
from engine.storage.disk import Disk, HostDisk

logger = logging.getLogger(__name__)

GC_THRESHOLDS = (20_000, 20, 50)
"""Young collections are rare once what lives for ever is frozen; the hot path makes no cycles."""
SWITCH_INTERVAL_S = 0.0005
"""How long the loop may keep the interpreter from the flusher thread, whose wait is part of every ack's latency."""
STOP_SECONDS_MAX = 60.0


def run_host(arguments: Arguments, started: float) -> ExitCode:
    """Run until stopped. `started`: the monotonic clock when the process came up. Raises `StartFailed`."""
    config = _load(arguments)
    _log_start(config, arguments)
    _pin(arguments)
    pid_file = PidFile(config.data_directory)
    disk: Disk = UnsyncedDisk() if arguments.bypass_fsync else HostDisk()
    crash_loop = CrashLoop(disk, config.data_directory, SystemClock())
    try:
        limit = None if config.developer_mode else config.crash_loop_limit
        unclean = crash_loop.begin(limit, Path(config.file))
        if unclean:
            logger.warning("the node stopped uncleanly %d times within an hour", unclean)
        shard = Shard(
            config, arguments, memory=plan_memory(arguments.memory_bytes), disk=disk, started=started
        )
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            code = runner.run(_Life(shard, arguments).run())
        if code is ExitCode.OK:
            crash_loop.stopped_cleanly()
        return code
    except StartFailed as error:
        if error.exit_code is not ExitCode.CRASH_LOOP:
            # A port taken or a wrong setting is not a crash.
            crash_loop.stopped_cleanly()
        raise
    finally:
        pid_file.release()


def _load(arguments: Arguments) -> NodeConfig:
    if arguments.config_file is None:
        raise StartFailed("--redpanda-cfg is missing; give the path of redpanda.yaml", ExitCode.USAGE)
    try:
        config = load_node_config(
            Path(arguments.config_file), sets=arguments.sets, cluster_names=PROPERTY_NAMES
        )
        refuse_unavailable(config)
    except ConfigError as error:
        raise StartFailed(str(error), ExitCode.USAGE) from error
    return config


def _log_start(config: NodeConfig, arguments: Arguments) -> None:
    for line in (*config.remarks, *services_remarks(config)):
        logger.warning("%s", line)
    if arguments.ignored:
        logger.info("flags accepted and without effect here: %s", " ".join(arguments.ignored)[:1000])
    if arguments.smp > 1:
        logger.warning("--smp %d: a host of several shards is not available yet; running 1", arguments.smp)
    if arguments.bypass_fsync:
        logger.warning("--unsafe-bypass-fsync: a power cut loses acknowledged records")


def _pin(arguments: Arguments) -> None:
    if arguments.cpus is None or arguments.overprovisioned:
        return
    try:
        os.sched_setaffinity(0, arguments.cpus)
    except (OSError, ValueError) as error:
        raise StartFailed(
            f"--cpuset: this host does not let the process run on {sorted(arguments.cpus)}: {error}",
            ExitCode.USAGE,
        ) from error


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        logger.info("uvloop is not installed; using asyncio's own loop")
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


LAST_WORDS_SECONDS_MAX = 0.2


class _Life:
    """One shard's life on the running loop."""

    def __init__(self, shard: Shard, arguments: Arguments) -> None:
        self._shard = shard
        self._arguments = arguments
        self._stop = asyncio.Event()

    async def run(self) -> ExitCode:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled, number)
        shard = self._shard
        code = ExitCode.OK
        start = asyncio.ensure_future(shard.start())
        stop = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({start, stop}, return_when=asyncio.FIRST_COMPLETED)
            if start.done():
                _raise_start_failure(start)
                if shard.failed is not None:
                    shard.failed.add_done_callback(lambda _: self._stop.set())
                self._say_ready()
                code = await self._serve()
            else:
                start.cancel()
                with contextlib.suppress(asyncio.CancelledError, OperatingError, OSError):
                    await start
        finally:
            stop.cancel()
            notify("STOPPING=1")
            clean = await self._stop_shard()
        if code is ExitCode.OK and not clean:
            return ExitCode.FAILED
        return code

    def _signalled(self, number: signal.Signals) -> None:
        if self._stop.is_set():
            STDERR.write("stopping at once")
            STDERR.flush(LAST_WORDS_SECONDS_MAX)
            os._exit(128 + number)
        logger.info("%s: draining; once more stops at once", number.name)
        self._stop.set()

    def _say_ready(self) -> None:
        shard = self._shard
        line = ready_line(
            shard.node_id,
            [_shown(*address) for address in shard.kafka_addresses],
            [_shown(*address) for address in shard.admin_addresses],
            process_age_s(),
        )
        announce(line, self._arguments.ready_fd)
        # Everything made so far lives as long as the process: no collection looks at it again.
        gc.freeze()
        gc.enable()
        gc.set_threshold(*GC_THRESHOLDS)
        sys.setswitchinterval(SWITCH_INTERVAL_S)

    async def _serve(self) -> ExitCode:
        failed = self._shard.failed
        await self._stop.wait()
        if failed is not None and failed.done():
            logger.critical("the shard cannot go on: %s", failed.result())
            return ExitCode.INTERNAL
        return ExitCode.OK

    async def _stop_shard(self) -> bool:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(STOP_SECONDS_MAX):
                clean = await self._shard.stop()
        except TimeoutError:
            logger.error("stopping took longer than %g s", STOP_SECONDS_MAX)
            return False
        logger.info(
            "stopped %s in %.0f ms",
            "cleanly" if clean else "with failures",
            (time.monotonic() - begun) * 1000,
        )
        return clean


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


_FIXES = {
    errno.EADDRINUSE: "stop what uses the port, or change it in the node file",
    errno.EADDRNOTAVAIL: "use an address of this host",
    errno.EACCES: "use a port above 1023, or give the process the permission",
    errno.EPERM: "give the process the permission",
    errno.ENOSPC: "free some disk space",
    errno.EROFS: "use a data directory that can be written",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
}


def _raise_start_failure(start: "asyncio.Task[None]") -> None:
    error = start.exception()
    if error is None:
        return
    if isinstance(error, ConfigError):
        raise StartFailed(str(error), ExitCode.USAGE) from error
    if isinstance(error, OSError):
        text = error.strerror or str(error)
        if error.filename:
            text = f"{error.filename}: {text}"
        fix = _FIXES.get(error.errno or 0, "see the lines above")
        raise StartFailed(f"{text}; {fix}") from error
    if isinstance(error, OperatingError):
        raise StartFailed(str(error)) from error
    raise error


def say(line: str) -> None:
    """One line on stderr, whatever the log level."""
    with contextlib.suppress(OSError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
