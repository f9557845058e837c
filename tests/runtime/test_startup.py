"""Start-up: from a new process to the first invocation, or to an init error."""

import asyncio
import json
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.runtime.conftest import MODULE, ROOT, WRAPPER, Spawn, Start, url_event, variables
from tests.runtime.lambda_api import PREFIX, LambdaApi
from waypost_runtime import paths
from waypost_runtime.startup import CannotStart

APP = """
async def handler(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"served"})
"""


async def finished(process: asyncio.subprocess.Process) -> tuple[int | None, str]:
    async with asyncio.timeout(30):
        output, _ = await process.communicate()
    return process.returncode, output.decode()


async def test_the_wrapper_starts_the_loop_in_place_of_lambdas_own(
    api: LambdaApi, spawn: Spawn
) -> None:
    await spawn(APP)

    assert (await api.ask(url_event())).body.endswith(b"\0served")
    assert (await api.ask(url_event())).body.endswith(b"\0served")


async def test_the_wrapper_finds_the_runtime_in_its_layer(api: LambdaApi, tmp_path: Path) -> None:
    opt, task = tmp_path / "opt", tmp_path / "task"
    shutil.copytree(ROOT / "layers/runtime/waypost_runtime", opt / "python/waypost_runtime")
    shutil.copy(WRAPPER, opt / "waypost")
    task.mkdir()
    (task / "sub.py").write_text("def handler(event, context):\n    return __file__\n")
    env = {"AWS_LAMBDA_RUNTIME_API": api.address, "_HANDLER": "sub.handler", "PYTHONPATH": "/own"}
    process = await asyncio.create_subprocess_exec(
        str(opt / "waypost"),
        sys.executable,
        "/var/runtime/bootstrap.py",
        cwd=opt,
        env=variables(task, env),
    )

    answer = await api.ask({})
    process.kill()
    await process.wait()

    assert json.loads(answer.body) == str(task / "sub.py")


@pytest.mark.parametrize(
    ("source", "handler", "kind", "text"),
    [
        (APP, "handler", "Runtime.MalformedHandlerName", "Bad handler 'handler'"),
        (APP, f"{MODULE}.missing", "Runtime.HandlerNotFound", "'missing'"),
        ("handler = 7", f"{MODULE}.handler", "Runtime.HandlerNotFound", "'handler'"),
        (APP, "nowhere.handler", "Runtime.ImportModuleError", "No module named 'nowhere'"),
        ("import nothing_such", f"{MODULE}.handler", "Runtime.ImportModuleError", "nothing_such"),
        ("def :", f"{MODULE}.handler", "Runtime.UserCodeSyntaxError", "invalid syntax"),
        ("1 / 0", f"{MODULE}.handler", "ZeroDivisionError", "division by zero"),
        ("import sys; sys.exit(3)", f"{MODULE}.handler", "SystemExit", "3"),
    ],
)
async def test_a_function_that_cannot_be_imported_is_an_init_error(
    api: LambdaApi, spawn: Spawn, source: str, handler: str, kind: str, text: str
) -> None:
    process = await spawn(source, handler)

    code, output = await finished(process)

    (request,) = api.requests
    fields = json.loads(request.body)
    assert request.line == f"POST {PREFIX}/init/error"
    assert request.headers["lambda-runtime-function-error-type"] == kind
    assert fields["errorType"] == kind
    assert text in fields["errorMessage"]
    assert code == 1
    assert "The function could not start." in output


@pytest.mark.parametrize(
    ("name", "value"),
    [("WAYPOST_RESPONSE", "both"), ("WAYPOST_DEADLINE_MARGIN", "soon"), ("_HANDLER", "")],
)
async def test_an_invalid_setting_is_an_init_error(
    api: LambdaApi, start: Start, name: str, value: str
) -> None:
    with pytest.raises(CannotStart) as refusal:
        await start(None, **{name: value})

    assert refusal.value.code == 1
    fields = json.loads(api.requests[0].body)
    assert fields["errorType"] == "Runtime.BadSetting"
    assert name in fields["errorMessage"]


async def test_a_missing_event_handler_is_an_init_error(api: LambdaApi, start: Start) -> None:
    with pytest.raises(CannotStart):
        await start(lambda event, context: None, WAYPOST_EVENT_HANDLER=f"{MODULE}.missing")

    assert json.loads(api.requests[0].body)["errorType"] == "Runtime.HandlerNotFound"


async def test_an_app_that_refuses_to_start_is_an_init_error(api: LambdaApi, start: Start) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no table"})

    with pytest.raises(CannotStart) as refusal:
        await start(app)

    assert refusal.value.code == 1
    assert json.loads(api.requests[0].body) == {
        "errorMessage": "no table",
        "errorType": "Runtime.StartupFailed",
        "stackTrace": [],
    }


async def test_without_lambda_one_line_names_the_reason(api: LambdaApi, spawn: Spawn) -> None:
    code, output = await finished(await spawn(APP, AWS_LAMBDA_RUNTIME_API=""))

    assert code == 1
    assert output.count("\n") == 1
    assert "AWS_LAMBDA_RUNTIME_API is not set" in output


async def test_a_lost_runtime_api_ends_the_process(api: LambdaApi, spawn: Spawn) -> None:
    process = await spawn(APP)
    await api.wait_for_request(f"GET {PREFIX}/invocation/next")
    api.stop_listening()
    api.drop_connections()

    code, output = await finished(process)

    assert code == 1
    assert output.count("\n") == 1
    assert f"The Runtime API at {api.address} is gone" in output


@pytest.fixture
def hooks(api: LambdaApi, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The managed runtime's registry, with two hooks on either side that write to the log."""
    module = ModuleType("snapshot_restore_py")
    before: list[Any] = [(api.log.append, (f"before {n}",), {}) for n in (1, 2)]
    after: list[Any] = [(api.log.append, (f"after {n}",), {}) for n in (1, 2)]
    module.get_before_snapshot = lambda: before  # type: ignore[attr-defined]
    module.get_after_restore = lambda: after  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", module)
    return module


SNAPSHOT = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}


async def test_a_snapshot_is_taken_between_the_hooks_and_before_the_app_starts(
    api: LambdaApi, start: Start, hooks: ModuleType
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            api.log.append("app started")

    start(app, **SNAPSHOT)
    await api.wait_for_request(f"GET {PREFIX}/invocation/next")

    assert api.log == [
        "before 2",
        "before 1",
        f"GET {PREFIX}/restore/next",
        "after 1",
        "after 2",
        "app started",
        f"GET {PREFIX}/invocation/next",
    ]
    assert api.connections == 2


def _fail() -> None:
    raise ValueError("no snapshot")


async def test_a_hook_that_fails_before_the_snapshot_is_an_init_error(
    api: LambdaApi, start: Start, hooks: ModuleType
) -> None:
    hooks.get_before_snapshot().append((_fail, (), {}))

    with pytest.raises(CannotStart) as refusal:
        await start(lambda event, context: None, **SNAPSHOT)

    assert refusal.value.code == 64
    assert api.log == [f"POST {PREFIX}/init/error"]
    assert json.loads(api.requests[0].body) == {
        "errorMessage": "no snapshot",
        "errorType": "Runtime.BeforeSnapshotError",
        "stackTrace": [],
    }


async def test_a_hook_that_fails_after_the_restore_is_a_restore_error(
    api: LambdaApi, start: Start, hooks: ModuleType
) -> None:
    hooks.get_after_restore().append((_fail, (), {}))

    with pytest.raises(CannotStart) as refusal:
        await start(lambda event, context: None, **SNAPSHOT)

    assert refusal.value.code == 65
    assert api.log[-1] == f"POST {PREFIX}/restore/error"
    assert json.loads(api.requests[-1].body)["errorType"] == "Runtime.AfterRestoreError"


async def test_a_refused_snapshot_is_an_init_error(
    api: LambdaApi, start: Start, hooks: ModuleType
) -> None:
    api.restore_status = 500

    with pytest.raises(CannotStart) as refusal:
        await start(lambda event, context: None, **SNAPSHOT)

    assert refusal.value.code == 64
    assert api.log[-1] == f"POST {PREFIX}/init/error"


def test_modules_are_found_in_the_managed_runtimes_order(tmp_path: Path) -> None:
    task, runtime = tmp_path / "task", tmp_path / "runtime"
    task.mkdir()
    runtime.mkdir()
    path = ["/usr/lib/python", str(task), "/site-packages"]
    env = {"LAMBDA_TASK_ROOT": str(task), "LAMBDA_RUNTIME_DIR": str(runtime)}

    paths.arrange(env, path)

    inside = [folder for folder in path if not folder.startswith("/opt/")]
    assert inside == [str(task), "/usr/lib/python", "/site-packages", str(runtime)]


async def test_starting_imports_only_the_standard_library(tmp_path: Path) -> None:
    code = (
        "import sys; before = set(sys.modules); import waypost_runtime.__main__; "
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "print(sorted(new - set(sys.stdlib_module_names) - {'waypost_runtime', '__mp_main__'}))"
    )
    env = variables(tmp_path, {"PYTHONPATH": str(ROOT / "layers/runtime")})
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, env=env, cwd=tmp_path, stdout=asyncio.subprocess.PIPE
    )

    assert await finished(process) == (0, "[]\n")
