"""Pickles read as data: numbers, strings, arrays and tensors, and nothing that is called or imported."""
