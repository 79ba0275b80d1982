"""Numbers and links as text, read and written, in the signs of any keyboard."""
