"""Events on a stick, from a pole without a link to its platform and back."""
