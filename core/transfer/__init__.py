"""ResNet-18 by the same loop: settings, body, features."""
