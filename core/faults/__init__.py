"""Faults that a training can be given on purpose, as one table; a fault is a setting of the run."""
