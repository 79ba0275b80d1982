"""From logits to loss and gradient."""
