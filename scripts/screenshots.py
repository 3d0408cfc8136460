"""Make the README's two pictures: a licence's page, and why an invoice was charged, of the sample programme.

Needs Debian's chromium. The ledger's clock stands still, so that the same pages give the same pictures.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from secrets import token_urlsafe

from PIL import Image
from playwright.sync_api import FloatRect, Page, ViewportSize, sync_playwright

from desk.web.app import create_app
from desk.web.listening import listening
from ledger.application.accounts.accounts import Accounts
from ledger.application.accounts.roles import UserRole
from ledger.application.accounts.users import add_user
from ledger.application.import_history import import_history
from ledger.application.ledger import Ledger
from replay.sample import sample_history

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
NOW = datetime(2024, 8, 15, 9, 30, tzinfo=UTC)
LICENSE = "acme-law-firm-suspends"
WIDTH, HEIGHT = 1280, 1180
# so high that nothing has to be scrolled to
WHOLE = 2400
COLOURS = 128
USER = "support"


def main() -> int:
    """Make both pictures; return the exit code."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("chromium is needed: apt-get install chromium", file=sys.stderr)
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    password = token_urlsafe(12)
    with served(password) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        window = ViewportSize(width=WIDTH, height=HEIGHT)
        page = browser.new_page(base_url=address, viewport=window)
        sign_in(page, password)
        page.goto(f"/licenses/{LICENSE}")
        page.wait_for_load_state("networkidle")
        keep(page.screenshot(), "licence.png")
        page.set_viewport_size({"width": WIDTH, "height": WHOLE})
        page.goto(f"/licenses/{LICENSE}/invoices/2024-08-20")
        page.get_by_role("row").filter(has_text="Pricing model").get_by_text("1 event").click()
        page.wait_for_load_state("networkidle")
        why = page.locator("#why").bounding_box()
        changed = page.get_by_role("region", name="What changed").bounding_box()
        if why is None or changed is None:
            raise RuntimeError("the page does not say why")
        bottom = changed["y"] + changed["height"] + 24
        clip = FloatRect(x=0, y=why["y"] - 14, width=WIDTH, height=bottom - why["y"] + 14)
        keep(page.screenshot(clip=clip), "why.png")
        browser.close()
    return 0


@contextmanager
def served(password: str) -> Iterator[str]:
    """Serve what of the sample programme was recorded by then, and give the address."""
    known = [
        line
        for line in sample_history().splitlines(keepends=True)
        if json.loads(line)["recorded_at"] < NOW.isoformat()
    ]
    with (
        tempfile.TemporaryDirectory() as folder,
        Ledger.open(f"sqlite:///{folder}/ledger.db", create=True, clock=lambda: NOW) as ledger,
        Accounts.open(ledger) as accounts,
    ):
        import_history(ledger, BytesIO(b"".join(known)))
        add_user(accounts, name=USER, role=UserRole.SUPPORT, password=password)
        with listening(create_app(ledger, accounts), "127.0.0.1", 0) as address:
            yield address


def sign_in(page: Page, password: str) -> None:
    """Sign in and arrive at the list."""
    page.goto("/sign-in")
    page.get_by_label("Name").fill(USER)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/licenses")


def keep(picture: bytes, name: str) -> None:
    """Write a picture with as few colours as it needs."""
    with Image.open(BytesIO(picture)) as image:
        small = image.convert("RGB").quantize(COLOURS)
    small.save(IMAGES / name, optimize=True)
    print(f"{name}: {(IMAGES / name).stat().st_size // 1024} KiB")


if __name__ == "__main__":
    sys.exit(main())
