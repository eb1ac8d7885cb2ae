"""What is installed, or given as a file, and what it is made of."""
