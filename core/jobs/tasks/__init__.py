"""The tasks that a job can be; imported by the worker alone."""
