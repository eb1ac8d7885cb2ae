"""What ``tox run -e bench`` is made of: an API, runners that read it, their figures, and the page that shows them.

The runners stand beside this package, in ``benchmarks/runners`` and ``benchmarks/connectors``: each is a process of its own, some
in an environment that has nothing of ours.
"""
