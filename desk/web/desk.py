"""What every route works with: the ledger, the accounts, the settings and how pages are written."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request
from itsdangerous import URLSafeTimedSerializer
from jinja2 import Environment

from desk.configuration import Configuration, Web
from desk.web.keeping import Kept
from desk.web.limiting import Limits
from ledger.application.accounts.accounts import Accounts
from ledger.application.ledger import Ledger
from ledger.application.notice_trail import NoticeTrail


@dataclass(frozen=True)
class Desk:
    """The application's parts. `signer` signs what a form carries before anybody is signed in."""

    ledger: Ledger
    accounts: Accounts
    settings: Web
    configuration: Configuration
    limits: Limits
    templates: Environment
    signer: URLSafeTimedSerializer
    kept: Kept = field(default_factory=Kept)
    trail: NoticeTrail = field(default_factory=NoticeTrail)

    def now(self) -> datetime:
        """Return the ledger's instant."""
        return self.ledger.now()


def desk_of(request: Request) -> Desk:
    """Return the application's parts."""
    return cast(Desk, request.app.state.desk)


TheDesk = Annotated[Desk, Depends(desk_of)]
