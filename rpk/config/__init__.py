"""What the user wants rpk to use, from every place they may say it, each value knowing where it came from."""
