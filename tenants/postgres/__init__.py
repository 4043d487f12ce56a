"""A PostgreSQL backend that keeps the session's tenant and the code's tenant the same."""
