"""What everything stands on: names, errors, secrets kept out of sight, paths into JSON, protocols of log and operations."""
