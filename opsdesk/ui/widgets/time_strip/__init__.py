"""A strip of time: counts as bars, and a window on them that is moved by mouse and keyboard.

`TimeStrip` is in `widgets.time_strip.strip` and not named here: it needs pyqtgraph, which takes long to import.
"""
