"""What a job can be; imported by the worker alone."""
