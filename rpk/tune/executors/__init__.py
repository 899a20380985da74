"""What becomes of a plan: written to the host, undone, or rendered as a shell script."""
