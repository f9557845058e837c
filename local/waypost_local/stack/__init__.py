"""The stack of template.yaml: read, its resources made, and started on this machine."""
