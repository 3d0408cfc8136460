"""Answers at two instants, or as known at two times, side by side, with the events in between."""
