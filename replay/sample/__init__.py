"""Carry the sample programme inside the package, so that a demonstration needs no file from outside."""

from importlib.resources import files


def sample_history() -> bytes:
    """Give the sample programme as a history file; `examples/build_sample_programme.py` makes it."""
    return files(__name__).joinpath("programme.jsonl").read_bytes()


__all__ = ["sample_history"]
