"""What an app that was written for Snowflake imports, on this machine; the folder is put on PYTHONPATH."""
