"""What was built, or what an API sends, held against what it should be."""
