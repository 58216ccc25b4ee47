"""Seals: made by the pole, checked by the platform and by an auditor."""
