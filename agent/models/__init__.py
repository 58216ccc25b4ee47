"""Models on the pole: their descriptions, checked against their files, and the interpreter that runs them."""
