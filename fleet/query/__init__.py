"""Questions about the store. They only read, over connections of their own."""
