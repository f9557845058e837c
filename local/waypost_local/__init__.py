"""The stack on one machine, read from the template that deploys it.

`template` and `intrinsics` say what the stack is; `resources` makes its table, queues and bus in
moto; `environment` runs each function as Lambda would, over the Runtime API of `runtime_api`;
`front` is the function URL; `bedrock` plays the models. `stack` puts it together, `__main__` is
the command.
"""
