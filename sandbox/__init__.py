"""The outside world on loopback: a made-up world, served as the real hosts serve it."""
