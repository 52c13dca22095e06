"""The outside world on loopback: a made-up world, its pages as the real hosts serve them, and its faults.

A `World` is made from a seed and a size alone; it knows the truth of every post it shows. The demo, the tests
and the benchmarks crawl it. Imports nothing from the rest of the project, so that it cannot share its mistakes.
"""
