"""The limits on jobs: whose turn it is, how long a run may take, and what all may take on disk."""
