"""What lies on this machine and how it gets there: found, fetched, unpacked, read without executing it, written whole or not at all."""
