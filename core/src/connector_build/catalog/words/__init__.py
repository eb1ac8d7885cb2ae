"""What a plugin is made of, in words: each ready-made part says itself, and what a plugin wrote itself is named."""

from connector_build.catalog.words import answers, changes, paging, signing, stops
from connector_build.catalog.words.saying import said

__all__ = ["answers", "changes", "paging", "said", "signing", "stops"]
