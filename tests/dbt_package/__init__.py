"""dbt packages, run by dbt: tox run -e dbt."""
