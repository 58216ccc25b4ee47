"""Commands to poles: kept until a pole is there, sent at most once, with their replies."""
