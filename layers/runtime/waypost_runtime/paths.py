"""Where a function's modules are found, in the order of the managed runtime's own loop.

https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-searchpath
"""

import os
import sys
from collections.abc import Mapping


def arrange(env: Mapping[str, str], path: list[str]) -> None:
    """Puts the function first, then its layers, and the managed runtime's folder last."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    first = [env.get("LAMBDA_TASK_ROOT"), f"/opt/python/lib/{version}/site-packages", "/opt/python"]
    found = [folder for folder in first if folder and os.path.isdir(folder)]
    path[:] = found + [folder for folder in path if folder not in found]
    runtime = env.get("LAMBDA_RUNTIME_DIR")
    if runtime and runtime not in path and os.path.isdir(runtime):
        path.append(runtime)
