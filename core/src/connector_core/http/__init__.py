"""How a request becomes an answer, and an answer a page of records."""
