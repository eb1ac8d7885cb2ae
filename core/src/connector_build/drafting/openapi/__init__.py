"""From an OpenAPI description to a draft: resources, parameters, schemas, auth and paging."""
