"""Who: people, tenants, what each may do, and the walls between them."""
