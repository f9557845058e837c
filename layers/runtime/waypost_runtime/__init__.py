"""Response streaming for any ASGI app on Lambda's managed Python runtime.

Lambda starts `python -m waypost_runtime` through `AWS_LAMBDA_EXEC_WRAPPER` in place of its own
loop. `startup` brings the function up; `loop` takes one invocation after the other; `events` makes
ASGI scopes of HTTP events; `http` runs the app by its deadline; `response` is the one place that
knows how a streamed response travels. Only the standard library is imported, so that nothing is
added to a cold start.

Settings, from the environment:

    _HANDLER                 `package.module.attribute`: an ASGI app, or `handler(event, context)`
    WAYPOST_EVENT_HANDLER    `package.module.function` for events that are no HTTP requests
    WAYPOST_RESPONSE         stream (default) or buffered
    WAYPOST_DEADLINE_MARGIN  seconds before the deadline at which the app is stopped (1.5)
"""
