"""From a low-code manifest of Airbyte to a draft. Its expressions are parsed and never evaluated."""
