"""Speed as ratios against named rivals, kept out of the tests."""
