"""`rpk generate`: files made from what rpk knows."""
