"""Agents: what they are (`definition`), what they may use (`tools`), how they answer (`loop`)."""
