"""The same training many times: with other seeds, and over a few values of one setting or two."""
