"""Lines that people write wrong, run beside the right ones."""
