"""A dbt package for a connector: its tables as sources, staging models of their live rows, and its promises as tests."""
