"""What other software does to files with payloads: the software, what it is asked to do, and what comes of it."""
