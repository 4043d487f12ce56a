"""Which account and tax code a row goes to, as pure values: rules, their order, and what is wrong with them."""
