"""What open incidents have in common, what the platform notices by itself, and who is notified of them."""
