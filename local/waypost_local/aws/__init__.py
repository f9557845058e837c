"""AWS on this machine, but for Lambda and Bedrock: moto, and faults for its DynamoDB."""
