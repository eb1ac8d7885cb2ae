"""What builds of the release before deliver, and how it was recorded."""
