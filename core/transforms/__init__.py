"""From a stored image to a batch: pipelines of transforms, Dataset and DataLoader, and how fast they are."""
