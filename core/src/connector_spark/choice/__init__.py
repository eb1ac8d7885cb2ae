"""What is read: the options of a data source, the plugins that they name, and where secrets come from."""
