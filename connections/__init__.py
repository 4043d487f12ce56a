"""What we are plugged into: accounts at providers, the vault of their credentials, and the one door to the network."""
