"""How pages become rows, operations and checkpoints."""
