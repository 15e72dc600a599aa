"""Figures proved from the log: what is behind one, whether a published one was true, whether all come out again."""
