"""What an API and its tables are: the words that a plugin says them in."""
