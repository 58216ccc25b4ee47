"""The tools of the maintainers: it imports ``contract`` only."""
