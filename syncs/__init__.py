"""What moves, when, and what became of it. Read `pipeline.py` first."""
