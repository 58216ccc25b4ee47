"""Who may use the platform, and what was done by whom."""
