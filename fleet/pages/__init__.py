"""The pages of the platform: a shell for each, filled in the browser from the read API."""
