"""The deal: what a client pays for a plan, and the life of the quote that says so."""
