"""The edges: the desk that a host opens, the store, history importers, reports, the command line."""
