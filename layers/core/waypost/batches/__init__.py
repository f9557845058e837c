"""Many questions at once: taken in, split into messages, answered one by one, and handed out.

backend      what a process keeps: the runs' backend, the bucket, the queues, the bus
submission   a batch that a caller sends, and where its questions are kept
files        a file in the bucket, line by line
lines        a line as a question
splitting    a file of questions becomes one message for each
inference    many lines without tools become jobs of Bedrock
answering    one message becomes one result
scheduling   standing sets of questions, asked at their times
finishing    all results become one file, and everybody is told
progress     a batch as it is now
"""

from waypost.batches.backend import BatchBackend

__all__ = ["BatchBackend"]
