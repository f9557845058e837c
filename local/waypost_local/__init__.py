"""The stack on one machine, read from the template that deploys it.

`template`, with `parameters`, `intrinsics` and `physical`, says what the stack is; `aws` plays AWS
with moto, and `resources` makes the template's table, queues and bus there; `environment` runs a
function as Lambda would, over the Runtime API of `runtime_api`, and `pool` has several of them;
`front` is the function URL; `bedrock` plays the models. `stack` puts it together, `invoke` runs one
event through Lambda's own emulator, `cli` is the command.
"""
