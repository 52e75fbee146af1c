"""What runs inside the sandbox: a process that forks once per test and relays bytes.

Imports the standard library, numpy and msgpack only, and nothing else of this project: it is copied into the image.
"""
