"""How poles get their certificates over HTTPS."""
