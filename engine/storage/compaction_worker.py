"""The compaction process: `python -m engine.storage.compaction_worker`, a JSON list of jobs in, a line of JSON a job out.

A job that fails answers {"log_id": …, "error": …} and the next one goes on.
"""

import json
import os
import sys

from engine.storage.compaction import CompactionJob, compact
from engine.storage.disk import HostDisk
from engine.storage.errors import CorruptFile

_NICENESS = 10


def main() -> int:
    """Run all jobs from standard input."""
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
