"""`python -m waypost_runtime`: what the exec wrapper starts."""

import asyncio
import os
import sys

from waypost_runtime import logs
from waypost_runtime.loop import InitError, run


def main() -> None:
    logs.setup(os.environ)
    root = os.environ.get("LAMBDA_TASK_ROOT")
    if root and root not in sys.path:
        sys.path.insert(0, root)
    try:
        asyncio.run(run(os.environ))
    except InitError as error:
        sys.exit(error.code)


if __name__ == "__main__":
    main()
