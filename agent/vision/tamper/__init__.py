"""Whether the view of a camera is what it was: covered, sprayed, defocused, turned, frozen, blinded."""
