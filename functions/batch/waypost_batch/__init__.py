"""Takes batches in, splits them into questions, and ends them."""
