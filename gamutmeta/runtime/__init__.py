"""How work is done on this machine: threads, strips, compiled loops, whole files, optional libraries, memory.

Knows no colour and no photograph.
"""
