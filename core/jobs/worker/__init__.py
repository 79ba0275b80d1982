"""The process that does one job, and what a task sees of it."""
