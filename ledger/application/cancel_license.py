"""Cancel a licence."""

from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, Recorded, record


def cancel_license(ledger: Ledger, *, license_id: str, meta: CommandMeta) -> Recorded:
    """End a licence, now or announced ahead; nothing happens on it from then on.

    Raises LicenseNotFound, LicenseIsCancelled, CancelledTooEarly and what every command may (see `record`).
    """
    return record(ledger, meta, "LicenseCancelled", license_id=license_id)
