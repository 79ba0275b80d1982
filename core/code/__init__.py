"""Programs to take along: what the app did, as a script or a notebook of plain PyTorch."""
