"""A network as a file: what is in it, taken along, brought back."""
