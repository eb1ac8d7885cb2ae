"""What an API says that lies, by what it lies about."""
