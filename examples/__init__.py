"""Small programmes that show how the ledger is used."""
