"""The compaction process: `python -m engine.storage.compaction_worker PARENT`, a JSON list of jobs in, a line of JSON
a job out.

It dies with the broker that started it, whose process id is PARENT: left behind, it would go on writing files that the
next broker's recovery has removed and its own compaction writes again.

A job that fails answers {"log_id": …, "error": …} and the next one goes on.
"""

import ctypes
import json
import os
import signal
import sys

from engine.storage.compaction import CompactionJob, compact
from engine.storage.disk import HostDisk
from engine.storage.errors import CorruptFile

_NICENESS = 10
_PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Be killed when the process `parent` ends (Linux); exit at once if it has."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


def main() -> int:
    """Run all jobs from standard input."""
    die_with(int(sys.argv[1]))
    os.nice(_NICENESS)
    disk = HostDisk()
    for data in json.load(sys.stdin):
        job = CompactionJob.from_json(data)
        try:
            answer = compact(job, disk).to_json()
        except CorruptFile as error:
            answer = {"log_id": job.log_id, "error": str(error), "damaged": True}
        except OSError as error:
            answer = {"log_id": job.log_id, "error": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
