"""A run of LeNet: its settings, its loop, what it keeps of itself."""
