"""Many desks, one server, bad links, and a seed that replays: the proof that nothing is lost or silently written over.

Real client code on real SQLite, the real centre over memory, one thread. Time, links and mishaps are drawn from the
seed, so that what failed once fails again.
"""
