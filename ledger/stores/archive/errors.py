"""What an archive refuses, each by a name of its own."""

from ledger.rules.errors import InvalidValue, LedgerError, NotFound


class BadArchive(InvalidValue):
    """Raised for a place or a number of partitions that no archive can have."""

    code = "bad_archive"
    template = "{field} {value!r} will not do: {reason}."
    hint = "Name a folder, or a URL such as file:///srv/archive or s3://bucket/archive."


class BadPartitions(BadArchive):
    """Raised for a number of partitions that an archive cannot have, or has not."""

    hint = (
        "Give one of 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024 when the archive is made; leave it out "
        "later, or for a number that suits the log."
    )


class ArchiveNotFound(NotFound):
    """Raised when an archive is asked for that nobody has made yet."""

    code = "archive_not_found"
    template = "There is no archive at {url}."
    hint = "`license-ledger archive` makes one."


class AnotherLogsArchive(LedgerError):
    """Raised when an archive was made from another log than the one at hand."""

    code = "another_logs_archive"
    exit_code = 4
    template = "The archive at {url} belongs to another log: event {event_id!r} is not at {position} here."
    hint = "Nothing was changed. Name this log's own archive, or another place for a new one."


class UnlikeTheLog(LedgerError):
    """Raised when an archive has not as many events as its log up to the same position."""

    code = "archive_unlike_log"
    exit_code = 5
    template = (
        "The archive at {url} holds {archived} events up to position {position}, and the log has {recorded}."
    )
    hint = (
        "Nothing was changed. If the log has lost events, restore it. Else a manifest was altered: move the "
        "newest out of manifests/ and run `license-ledger archive`; if that does not help, move the archive "
        "away, and it is made anew."
    )


class UnreadableManifest(LedgerError):
    """Raised when a manifest is not as it was written, so that nobody can tell what the archive holds."""

    code = "unreadable_manifest"
    exit_code = 5
    template = "The archive's manifest {name} cannot be trusted: {reason}."
    hint = (
        "Move it, and those with higher numbers, out of manifests/ and run `license-ledger archive`: what "
        "they added is sealed anew from the log."
    )


# Which of two manifests was altered the chain cannot tell.
ONE_OF_TWO = (
    "One of the two is missing or was altered. Move both, and those with higher numbers, out of manifests/ "
    "and run `license-ledger archive`: what they added is sealed anew from the log."
)


class DamagedFile(LedgerError):
    """Raised when a file of an archive is not what its manifest says."""

    code = "damaged_archive_file"
    exit_code = 5
    template = "The archive's file {name} is damaged: {reason}."
    hint = "`license-ledger archive --verify` writes it anew from the log."
