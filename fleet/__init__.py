"""The platform: it receives the events of the poles and imports ``contract`` and ``ui`` only."""
