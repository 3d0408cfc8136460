"""What is imported when it is first used, so that --help does not wait for kernel, calendar and bars."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import version as version
    from json import dumps as dumps

    from desk.cli.progress import Turns as Turns
    from desk.cli.progress import progress_of_bytes as progress_of_bytes
    from desk.cli.progress import progress_of_things as progress_of_things
    from desk.cli.progress import progress_of_unknown as progress_of_unknown
    from desk.configuration import read_configuration as read_configuration
    from desk.configuration import webhook_secrets as webhook_secrets
    from desk.documents.rendering import in_form as in_form
    from desk.explaining.data import as_data as as_data
    from desk.explaining.telling import told as told
    from desk.mail.message import as_text as as_text
    from desk.mail.message import wording_of as wording_of
    from desk.mail.smtp import SmtpMailer as SmtpMailer
    from desk.sentences import what_happened as what_happened
    from desk.web.app import create_app as create_app
    from desk.web.explanation import explanation_html as explanation_html
    from desk.web.listening import listen as listen
    from desk.web.listening import listening as listening
    from desk.web.observing import observing_app as observing_app
    from desk.web.sample import fill_with_sample as fill_with_sample
    from desk.web.sample import is_empty as is_empty
    from desk.web.sample import is_loopback as is_loopback
    from desk.web.webhooks import webhook_app as webhook_app
    from desk.web.webhooks import webhook_router as webhook_router
    from ledger.application.accounts.accounts import Accounts as Accounts
    from ledger.application.accounts.api_keys import create_api_key as create_api_key
    from ledger.application.accounts.api_keys import list_api_keys as list_api_keys
    from ledger.application.accounts.api_keys import revoke_api_key as revoke_api_key
    from ledger.application.accounts.roles import Right as Right
    from ledger.application.accounts.roles import UserRole as UserRole
    from ledger.application.accounts.users import add_user as add_user
    from ledger.application.accounts.users import disable_user as disable_user
    from ledger.application.accounts.users import enable_user as enable_user
    from ledger.application.accounts.users import list_users as list_users
    from ledger.application.accounts.users import set_password as set_password
    from ledger.application.activate_agent import activate_agent as activate_agent
    from ledger.application.add_chatbot import add_chatbot as add_chatbot
    from ledger.application.announce_cutover import announce_cutover as announce_cutover
    from ledger.application.archive_log import archive_log as archive_log
    from ledger.application.archive_log import default_archive as default_archive
    from ledger.application.archive_log import events_to_seal as events_to_seal
    from ledger.application.ask import QUESTIONS as QUESTIONS
    from ledger.application.ask import Question as Question
    from ledger.application.ask import ask_invoices as ask_invoices
    from ledger.application.ask import ask_notices as ask_notices
    from ledger.application.ask import ask_seats as ask_seats
    from ledger.application.ask import recorded_later as recorded_later
    from ledger.application.ask_cancelled import billed_when_cancelled as billed_when_cancelled
    from ledger.application.cancel_license import cancel_license as cancel_license
    from ledger.application.change_billing_cycle import change_billing_cycle as change_billing_cycle
    from ledger.application.change_partner_terms import change_partner_terms as change_partner_terms
    from ledger.application.change_plan import change_plan as change_plan
    from ledger.application.create_agent import create_agent as create_agent
    from ledger.application.create_license import create_license as create_license
    from ledger.application.delete_agent import delete_agent as delete_agent
    from ledger.application.export_history import export_history as export_history
    from ledger.application.import_history import import_history as import_history
    from ledger.application.invoice_document import document_of_issued as document_of_issued
    from ledger.application.invoice_document import draft_document as draft_document
    from ledger.application.invoice_document import invoice_document as invoice_document
    from ledger.application.issued_invoices import issued_invoices as issued_invoices
    from ledger.application.ledger import Ledger as Ledger
    from ledger.application.logs import configure_logs as configure_logs
    from ledger.application.notice_posting import Post as Post
    from ledger.application.preview_notice import preview_notice as preview_notice
    from ledger.application.publish_price import publish_price as publish_price
    from ledger.application.recording import CommandMeta as CommandMeta
    from ledger.application.redundant_accounts import redundant_accounts as redundant_accounts
    from ledger.application.register_partner import register_partner as register_partner
    from ledger.application.release_seat import release_seat as release_seat
    from ledger.application.remove_chatbot import remove_chatbot as remove_chatbot
    from ledger.application.run_billing import run_billing as run_billing
    from ledger.application.run_notices import run_notices as run_notices
    from ledger.application.settle_webhooks import all_deliveries as all_deliveries
    from ledger.application.settle_webhooks import dismiss_webhook as dismiss_webhook
    from ledger.application.settle_webhooks import open_deliveries as open_deliveries
    from ledger.application.settle_webhooks import retry_webhooks as retry_webhooks
    from ledger.application.show_journal import show_journal as show_journal
    from ledger.application.show_log import show_log as show_log
    from ledger.application.show_statement import show_statement as show_statement
    from ledger.application.show_status import show_status as show_status
    from ledger.application.simulation import simulate as simulate
    from ledger.application.suspend_agent import suspend_agent as suspend_agent
    from ledger.application.switch_pricing_model import switch_pricing_model as switch_pricing_model
    from ledger.application.take_seat import take_seat as take_seat
    from ledger.rules.instants import format_instant as format_instant
    from ledger.stores.files import files_of as files_of
    from replay.compare.comparing import LICENSES_SHOWN as LICENSES_SHOWN
    from replay.compare.comparing import Moment as Moment
    from replay.compare.comparing import compare as compare
    from replay.compare.issued import compare_invoice as compare_invoice
    from replay.cutover import replay_cutover as replay_cutover
    from replay.demo import run_demo as run_demo
    from replay.explain.explaining import explain as explain
    from replay.explain.explaining import explain_number as explain_number
    from replay.follow import Followed as Followed
    from replay.follow import Follower as Follower
    from replay.follow import WentLive as WentLive
    from replay.losing import Back as Back
    from replay.losing import Lost as Lost
    from replay.preview.changes import Change as Change
    from replay.preview.changes import ChangeKind as ChangeKind
    from replay.preview.previewing import preview as preview
    from replay.rebuild.checking import check as check
    from replay.rebuild.ordering import new_order as new_order
    from replay.rebuild.rebuilding import Indexed as Indexed
    from replay.rebuild.rebuilding import Loaded as Loaded
    from replay.rebuild.rebuilding import Mended as Mended
    from replay.rebuild.rebuilding import Planned as Planned
    from replay.rebuild.rebuilding import Read as Read
    from replay.rebuild.rebuilding import of_other_releases as of_other_releases
    from replay.rebuild.rebuilding import rebuild as rebuild
    from replay.rebuild.rebuilding import roll_back as roll_back
    from replay.reconcile.differences import DatesIn as DatesIn
    from replay.reconcile.partner_file import read_partner_file as read_partner_file
    from replay.reconcile.reconciling import ReconciliationTerms as ReconciliationTerms
    from replay.reconcile.reconciling import reconcile as reconcile
    from replay.review import review as review
    from replay.savings import savings as savings
    from replay.verify import to_verify as to_verify
    from replay.verify import verify_invoices as verify_invoices
    from replay.working.tally import Tally as Tally
    from replay.working.working import run_worker as run_worker
    from replay.working.working import worker_of as worker_of

_HOMES = {
    "Tally": "replay.working.tally",
    "listening": "desk.web.listening",
    "observing_app": "desk.web.observing",
    "run_worker": "replay.working.working",
    "worker_of": "replay.working.working",
    "LICENSES_SHOWN": "replay.compare.comparing",
    "Moment": "replay.compare.comparing",
    "QUESTIONS": "ledger.application.ask",
    "compare": "replay.compare.comparing",
    "compare_invoice": "replay.compare.issued",
    "Change": "replay.preview.changes",
    "ChangeKind": "replay.preview.changes",
    "DatesIn": "replay.reconcile.differences",
    "ReconciliationTerms": "replay.reconcile.reconciling",
    "create_app": "desk.web.app",
    "listen": "desk.web.listening",
    "fill_with_sample": "desk.web.sample",
    "is_empty": "desk.web.sample",
    "is_loopback": "desk.web.sample",
    "dumps": "json",
    "Accounts": "ledger.application.accounts.accounts",
    "create_api_key": "ledger.application.accounts.api_keys",
    "list_api_keys": "ledger.application.accounts.api_keys",
    "revoke_api_key": "ledger.application.accounts.api_keys",
    "Right": "ledger.application.accounts.roles",
    "UserRole": "ledger.application.accounts.roles",
    "add_user": "ledger.application.accounts.users",
    "disable_user": "ledger.application.accounts.users",
    "enable_user": "ledger.application.accounts.users",
    "list_users": "ledger.application.accounts.users",
    "set_password": "ledger.application.accounts.users",
    "format_instant": "ledger.rules.instants",
    "CommandMeta": "ledger.application.recording",
    "Back": "replay.losing",
    "Followed": "replay.follow",
    "Lost": "replay.losing",
    "Follower": "replay.follow",
    "Ledger": "ledger.application.ledger",
    "Question": "ledger.application.ask",
    "Post": "ledger.application.notice_posting",
    "SmtpMailer": "desk.mail.smtp",
    "WentLive": "replay.follow",
    "all_deliveries": "ledger.application.settle_webhooks",
    "as_text": "desk.mail.message",
    "ask_invoices": "ledger.application.ask",
    "ask_notices": "ledger.application.ask",
    "ask_seats": "ledger.application.ask",
    "billed_when_cancelled": "ledger.application.ask_cancelled",
    "document_of_issued": "ledger.application.invoice_document",
    "draft_document": "ledger.application.invoice_document",
    "in_form": "desk.documents.rendering",
    "default_archive": "ledger.application.archive_log",
    "dismiss_webhook": "ledger.application.settle_webhooks",
    "events_to_seal": "ledger.application.archive_log",
    "configure_logs": "ledger.application.logs",
    "files_of": "ledger.stores.files",
    "open_deliveries": "ledger.application.settle_webhooks",
    "progress_of_bytes": "desk.cli.progress",
    "Turns": "desk.cli.progress",
    "progress_of_things": "desk.cli.progress",
    "progress_of_unknown": "desk.cli.progress",
    "Indexed": "replay.rebuild.rebuilding",
    "Loaded": "replay.rebuild.rebuilding",
    "Mended": "replay.rebuild.rebuilding",
    "Read": "replay.rebuild.rebuilding",
    "Planned": "replay.rebuild.rebuilding",
    "as_data": "desk.explaining.data",
    "check": "replay.rebuild.checking",
    "explain": "replay.explain.explaining",
    "explain_number": "replay.explain.explaining",
    "explanation_html": "desk.web.explanation",
    "new_order": "replay.rebuild.ordering",
    "preview": "replay.preview.previewing",
    "read_partner_file": "replay.reconcile.partner_file",
    "reconcile": "replay.reconcile.reconciling",
    "read_configuration": "desk.configuration",
    "review": "replay.review",
    "rebuild": "replay.rebuild.rebuilding",
    "recorded_later": "ledger.application.ask",
    "retry_webhooks": "ledger.application.settle_webhooks",
    "roll_back": "replay.rebuild.rebuilding",
    "of_other_releases": "replay.rebuild.rebuilding",
    "replay_cutover": "replay.cutover",
    "run_demo": "replay.demo",
    "savings": "replay.savings",
    "simulate": "ledger.application.simulation",
    "told": "desk.explaining.telling",
    "to_verify": "replay.verify",
    "verify_invoices": "replay.verify",
    "version": "importlib.metadata",
    "webhook_app": "desk.web.webhooks",
    "webhook_router": "desk.web.webhooks",
    "webhook_secrets": "desk.configuration",
    "what_happened": "desk.sentences",
    "wording_of": "desk.mail.message",
}


def __getattr__(name: str) -> object:
    """Import what is asked for, once; a use case lives in the module of its own name."""
    if name.startswith("__"):
        raise AttributeError(name)
    found: object = getattr(import_module(_HOMES.get(name, f"ledger.application.{name}")), name)
    globals()[name] = found
    return found
