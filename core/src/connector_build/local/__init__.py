"""The `fivetran` command on this machine: debug and demo, and the history of their runs."""
