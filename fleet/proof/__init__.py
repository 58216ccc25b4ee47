"""What a pole sealed, checked against what is held: by the platform, and by an auditor who has nothing but files."""
