"""The AI section without its page: facts, prompts, models, the check of what a report cites, and kept reports."""
