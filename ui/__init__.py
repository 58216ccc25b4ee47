"""What the page on the pole and the pages of the platform share. It imports nothing of ours."""
