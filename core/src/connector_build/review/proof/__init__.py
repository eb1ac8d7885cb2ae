"""Whether a hand-written connector and a built one bring the same rows from one recording, and which of them is right."""
