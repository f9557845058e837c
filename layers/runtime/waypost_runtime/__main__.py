"""`python -m waypost_runtime`: what the exec wrapper starts."""

import asyncio
import logging
import os
import sys

from waypost_runtime import logs, paths
from waypost_runtime.channel import Channel
from waypost_runtime.loop import run
from waypost_runtime.startup import CannotStart

logger = logging.getLogger("waypost_runtime")
_INTERRUPTED = 130


def main() -> int:
    """Serves until Lambda ends the process; the exit code where it ends by itself."""
    logs.setup(os.environ)
    paths.arrange(os.environ, sys.path)
    address = os.environ.get("AWS_LAMBDA_RUNTIME_API")
    if not address:
        logger.critical("AWS_LAMBDA_RUNTIME_API is not set: this process is for Lambda to start.")
        return 1
    try:
        asyncio.run(run(Channel(address), os.environ))
    except CannotStart as error:
        return error.code
    except OSError as error:
        logger.critical("The Runtime API at %s is gone: %s", address, error)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
