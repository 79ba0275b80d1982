"""What is wrong with a training, told from its numbers: vital signs, findings, and short tests."""
