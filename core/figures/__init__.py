"""One file of charts a topic, one palette for all; words come in as labels."""
