"""Common wrong lines, run beside the right ones."""
