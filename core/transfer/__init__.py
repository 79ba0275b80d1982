"""ResNet-18 trained by the same loop: settings, body, features."""
