"""One file a cell: each yields `Cell`s ready to be reported."""
