"""The `fivetran` command on this machine: debug and demo."""
