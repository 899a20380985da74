"""``python -m engine.node --redpanda-cfg FILE``: the broker process."""

import gc
import sys
import time

from engine.node.arguments import USAGE, parse_arguments
from engine.node.errors import StartFailed
from engine.node.exit_codes import ExitCode
from engine.node.line_writer import STDERR
from engine.node.version import VERSION


def main(argv: list[str]) -> int:
    """Run with these arguments (without the program's name); the exit code."""
    started = time.monotonic()
    # Loading makes no garbage worth looking for; collection is switched on again once ready.
    gc.disable()
    try:
        arguments = parse_arguments(argv)
        if arguments.help:
            sys.stdout.write(USAGE)
            return ExitCode.OK
        if arguments.version:
            sys.stdout.write(f"{VERSION}\n")
            return ExitCode.OK
        from engine.node.host import run_host
        from engine.node.logs import set_up_logs

        set_up_logs(arguments.log_level, arguments.logger_levels)
        return run_host(arguments, started)
    except StartFailed as error:
        STDERR.write(f"redpanda: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except Exception:  # the last place that can say what went wrong
        import logging

        logging.getLogger("engine.node").exception("the broker failed; this is a defect")
        return ExitCode.INTERNAL


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
