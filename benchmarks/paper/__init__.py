"""The tables of the paper: every method in them, and today's, on the same photographs under one protocol.

``methods/`` holds the methods, each a :class:`~benchmarks.paper.method.Method`; :mod:`benchmarks.paper.protocol`
measures them.

References:
    Le, Price, Cohen, Brown: "GamutMLP: A Lightweight MLP for Color Loss Recovery", CVPR 2023.
"""
