"""What is imported when it is first used, so that --help does not wait for kernel, calendar and bars."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import version as version
    from json import dumps as dumps

    from desk.cli.progress import progress_of_bytes as progress_of_bytes
    from desk.cli.progress import progress_of_things as progress_of_things
    from desk.cli.sentences import what_happened as what_happened
    from desk.configuration import read_configuration as read_configuration
    from desk.web.app import create_app as create_app
    from desk.web.listening import listen as listen
    from desk.web.sample import fill_with_sample as fill_with_sample
    from desk.web.sample import is_empty as is_empty
    from desk.web.sample import is_loopback as is_loopback
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
    from ledger.application.ledger import Ledger as Ledger
    from ledger.application.logs import configure_logs as configure_logs
    from ledger.application.publish_price import publish_price as publish_price
    from ledger.application.recording import CommandMeta as CommandMeta
    from ledger.application.register_partner import register_partner as register_partner
    from ledger.application.release_seat import release_seat as release_seat
    from ledger.application.remove_chatbot import remove_chatbot as remove_chatbot
    from ledger.application.show_log import show_log as show_log
    from ledger.application.show_status import show_status as show_status
    from ledger.application.simulation import simulate as simulate
    from ledger.application.suspend_agent import suspend_agent as suspend_agent
    from ledger.application.switch_pricing_model import switch_pricing_model as switch_pricing_model
    from ledger.application.take_seat import take_seat as take_seat
    from ledger.rules.instants import format_instant as format_instant
    from ledger.stores.files import files_of as files_of
    from replay.cutover import replay_cutover as replay_cutover
    from replay.demo import run_demo as run_demo
    from replay.follow import Followed as Followed
    from replay.follow import Follower as Follower
    from replay.follow import WentLive as WentLive
    from replay.rebuild.checking import check as check
    from replay.rebuild.ordering import new_order as new_order
    from replay.rebuild.rebuilding import Loaded as Loaded
    from replay.rebuild.rebuilding import Planned as Planned
    from replay.rebuild.rebuilding import rebuild as rebuild
    from replay.rebuild.rebuilding import roll_back as roll_back

_HOMES = {
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
    "Followed": "replay.follow",
    "Follower": "replay.follow",
    "Ledger": "ledger.application.ledger",
    "Question": "ledger.application.ask",
    "WentLive": "replay.follow",
    "ask_invoices": "ledger.application.ask",
    "ask_notices": "ledger.application.ask",
    "ask_seats": "ledger.application.ask",
    "billed_when_cancelled": "ledger.application.ask_cancelled",
    "default_archive": "ledger.application.archive_log",
    "events_to_seal": "ledger.application.archive_log",
    "configure_logs": "ledger.application.logs",
    "files_of": "ledger.stores.files",
    "progress_of_bytes": "desk.cli.progress",
    "progress_of_things": "desk.cli.progress",
    "Loaded": "replay.rebuild.rebuilding",
    "Planned": "replay.rebuild.rebuilding",
    "check": "replay.rebuild.checking",
    "new_order": "replay.rebuild.ordering",
    "read_configuration": "desk.configuration",
    "rebuild": "replay.rebuild.rebuilding",
    "recorded_later": "ledger.application.ask",
    "roll_back": "replay.rebuild.rebuilding",
    "replay_cutover": "replay.cutover",
    "run_demo": "replay.demo",
    "simulate": "ledger.application.simulation",
    "version": "importlib.metadata",
    "what_happened": "desk.cli.sentences",
}


def __getattr__(name: str) -> object:
    """Import what is asked for, once; a use case lives in the module of its own name."""
    if name.startswith("__"):
        raise AttributeError(name)
    found: object = getattr(import_module(_HOMES.get(name, f"ledger.application.{name}")), name)
    globals()[name] = found
    return found
