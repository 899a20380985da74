"""Host checks: what is required, what is there, how bad it is and how to mend it. Data in, rows out."""
