"""From pages of an API to a draft: where its records are, what tells them apart, and how its pages follow each other."""
