"""What the next invoices come to as things stand, and what they would if something were otherwise."""
