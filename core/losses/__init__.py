"""Losses: from logits to loss and gradient."""
