"""The app kit: what a plugin's Streamlit app is made of, here over DuckDB and in Snowflake over its own tables.

It is copied beside an app into what Snowflake deploys, so it imports nothing of `connector_core` or `connector_build`.
Apps import from the modules of its rooms: `connector_app.page.frame`, `connector_app.asking.rows` and so on.
"""
