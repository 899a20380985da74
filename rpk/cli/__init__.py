"""The front door: which command, with which global flags, and the exit status it leaves."""
