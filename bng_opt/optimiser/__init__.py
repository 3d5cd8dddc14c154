"""The decision: the cheapest lawful purchase, its proof and its reasons."""
