"""The one room that knows the Connector SDK."""
