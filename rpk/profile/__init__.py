"""`rpk profile`: the settings of several clusters in one file, one of them selected."""
