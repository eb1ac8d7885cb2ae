"""Files that are written from a dictionary: pages for people, and what other tools read."""
