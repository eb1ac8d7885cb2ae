"""What ``debug_and_reset.sh`` and ``deploy.sh`` of a built project do. It ships with the project, and no sync imports it.

The scripts find a Python, and run ``python -m connector_core.runtime.scripts`` in the project's folder.
"""
