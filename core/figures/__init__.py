"""Charts, one file per topic, with one palette for all; words come in as labels."""
