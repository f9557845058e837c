"""Answers the questions of batches, ten at once."""
