"""What read models refuse, each by a name of its own."""

from ledger.rules.errors import Conflict, LedgerError, NotFound


class CheckpointMoved(Conflict):
    """Raised when someone else has taken a partition further; what was to be written was not."""

    code = "checkpoint_moved"
    template = "Another follower has moved partition {partition} of version {version} from {expected}."
    hint = "Nothing was written. Read the checkpoints again and go on from there."


class HeldByOthers(Conflict):
    """Raised when what is behind the log is for another follower to bring up."""

    code = "held_by_others"
    template = "{partitions} partitions are behind the log, and another follower holds them."
    hint = "It brings them up. If it was killed, run this again a quarter of a minute later."


class BuildUnderWay(LedgerError):
    """Raised for a second build of read models while the first one runs."""

    code = "build_under_way"
    exit_code = 4
    template = "Read models of {url} are being built by somebody else."
    hint = "Wait for that to end; if its process died, its lock went with it."


class ReadModelsDamaged(LedgerError):
    """Raised when tables of read models are not as they were made; the log is not concerned."""

    code = "read_models_damaged"
    template = "The read models at {url} cannot be read: {reason}."

    def __init__(self, *, url: str, reason: object, way: str) -> None:
        """Say what to do before a rebuild: `way`."""
        super().__init__(url=url, reason=reason)
        self.hint = f"The log is unharmed. Stop who follows, {way}, then run `license-ledger rebuild`."


class OfAnotherLog(LedgerError):
    """Raised when the read models beside a log were made of another one."""

    code = "of_another_log"
    template = "The read models beside {url} were made from another log."
    hint = "Remove them (on SQLite: the file ….read-models), then run the command again."


class NameTaken(LedgerError):
    """Raised when a table or view of a read model's name is there already and is not ours."""

    code = "name_taken"
    template = "{url} has a table or view {name!r} already, in whose place a read model would stand."
    hint = (
        "Nothing was changed. Drop it if it is left over from read models whose catalogue was lost; "
        "else give the ledger a schema of its own: postgresql://…?schema=name."
    )


class NothingToRollBack(NotFound):
    """Raised when there is no version from before the live one."""

    code = "nothing_to_roll_back"
    template = "There is no previous version of the {what} of {name} to go back to."


class NoSuchVersion(NotFound):
    """Raised for a version that nobody made, or that was dropped."""

    code = "no_such_version"
    template = "There is no version {name} of the read models."
