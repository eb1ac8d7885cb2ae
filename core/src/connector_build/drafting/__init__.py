"""From evidence to a plugin: what was seen of an API becomes a draft, and the draft a file of hooks."""
