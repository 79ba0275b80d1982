"""Files on this machine: found, fetched, unpacked, read without execution, written whole or not at all."""
