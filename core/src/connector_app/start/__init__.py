"""Where an app begins on this machine: over a warehouse file, with a stand-in for what a Snowflake app imports."""
