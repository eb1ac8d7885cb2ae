"""The hooks, the core's own answers to them, and the assembly of what all plugins answer."""
