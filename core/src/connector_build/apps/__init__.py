"""Apps over what was landed: run on this machine, and written as the files that Snowflake deploys."""
