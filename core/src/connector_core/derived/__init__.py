"""What is made of records: transforms, derived fields and extra tables, as a plugin defines them."""
