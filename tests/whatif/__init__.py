"""What if, compare, review."""
