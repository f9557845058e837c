"""Batches of questions on the local stack, while its processes are killed and its services fail."""
