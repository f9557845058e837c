"""The stack on one machine, read from the template that deploys it.

Rooms, lowest first:

- `aws`: DynamoDB, SQS, S3 and EventBridge, served by moto; DynamoDB can be made to fail.
- `lambda_`: function URLs, the Runtime API and the processes that functions run in.
- `bedrock`: Bedrock's runtime API in front of any model.
- `demo_model`: the model of rules that answers where no language model is named.
- `stack`: reads the template, makes its resources and starts the whole.

On top stands the command line: `cli`, `invoke`, `questions`, `routing_eval`, `size`.
"""
