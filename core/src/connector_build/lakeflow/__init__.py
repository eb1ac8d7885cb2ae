"""Sources for Lakeflow community connectors of Databricks: one generated file for each connector."""
