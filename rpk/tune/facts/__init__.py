"""Read-only probes under one root path; each gives frozen data that tuners plan from."""
