"""A run of LeNet: its settings, its loop, the files it keeps."""
