"""What goes up, when, and when it counts as delivered; knows no transport, only a ``Wire`` to send over."""
