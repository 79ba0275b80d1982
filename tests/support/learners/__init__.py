"""Networks as learners write them, generated: a plan in torch's layers, and a text that builds the same."""
