"""Fuzzing: made-up connectors, the history of their APIs, and answers that are anything at all.

A case is plain JSON: a connector in words, and what happens. Read on in ``connector``, ``world``, ``line``, ``play``, ``steps``.
"""
