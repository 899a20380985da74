"""What every room stands on: errors, the clock and random ports, bounds. Imports nothing of the engine."""
