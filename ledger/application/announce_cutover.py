"""Announce that a class of licences gets another pricing model."""

from datetime import date

from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, Recorded, record


def announce_cutover(
    ledger: Ledger,
    *,
    cutover_id: str,
    source: str | None = None,
    programme: str | None = None,
    takes_effect: str,
    on: date,
    pricing_model: str,
    notice_days: int | None = None,
    meta: CommandMeta,
) -> Recorded:
    """Announce a cutover for the licences of a source or of a programme's partners: name exactly one.

    It sets the model of new licences (`on_creation`) or of the first period from `on` (`on_billing_date`).
    Raises CutoverExists and what every command may (see `record`).
    """
    applies_to = {"source": source, "programme": programme}
    return record(
        ledger,
        meta,
        "CutoverAnnounced",
        cutover_id=cutover_id,
        applies_to={name: value for name, value in applies_to.items() if value is not None},
        takes_effect=takes_effect,
        on=on,
        pricing_model=pricing_model,
        notice_days=notice_days,
    )
