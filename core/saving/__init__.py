"""Networks as files: their contents, export and upload."""
