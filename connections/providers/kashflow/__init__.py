"""KashFlow: books kept over SOAP, with a REST session beside it for what SOAP does not tell."""
