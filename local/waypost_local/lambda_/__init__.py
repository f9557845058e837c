"""AWS Lambda on this machine: function URLs, the Runtime API and functions' processes."""
