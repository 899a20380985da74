"""Tuning of this host: facts, plan, journal, writing, reading back, and the way back."""
