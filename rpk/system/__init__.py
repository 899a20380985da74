"""Every effect rpk has on this host: files, processes, ports, paths; rooted, so that tests can move the root."""
