"""Values and gradients between the layers of a trained network."""
