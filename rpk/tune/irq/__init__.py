"""Where interrupts and packet processing go: CPU masks as integers, the distribution rule, the modes. Pure."""
