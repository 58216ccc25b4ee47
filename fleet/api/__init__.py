"""The platform over HTTP: JSON for programs and pages, and what both need to be let in."""
