"""Who follows which partitions: leases that expire, shared out evenly among the followers that are alive."""

from ledger.stores.read_models import catalogue as sql
from ledger.stores.read_models.catalogue import Checkpoint
from ledger.stores.read_models.store import ReadModelStore, checkpoints


def claim(models: ReadModelStore, version: int, owner: str, now_us: int, until_us: int) -> list[Checkpoint]:
    """Renew an owner's leases and take free partitions up to its share; return what it holds.

    What somebody holds who has not been heard of until now is free. Who has more than its share, since
    another follower came, gives some back. That nothing counts twice does not hang on leases: checkpoints
    move only from where they were.
    """
    with models.transaction(writing=True) as work:
        work.alone()
        work.run(sql.FORGET_FOLLOWERS, {"now_us": now_us, "leaving": None})
        work.run(sql.GREET, {"owner": owner, "until_us": until_us})
        followers = {row[0] for row in work.run(sql.FOLLOWERS)}
        found = [one for one in checkpoints(work) if one.version == version]
        share = -(-len(found) // len(followers))
        mine = [one for one in found if one.owner == owner]
        free = [one for one in found if one.owner not in followers]
        held = (mine + free)[:share]
        for one in mine[share:]:
            work.run(sql.LEASE, {"version": version, "part": one.partition, "owner": None})
        for one in held:
            work.run(sql.LEASE, {"version": version, "part": one.partition, "owner": owner})
    return sorted(held, key=lambda one: one.partition)


def renew(models: ReadModelStore, owner: str, until_us: int) -> None:
    """Let an owner keep what it holds until then; touches no checkpoint, which may be moving just now."""
    with models.transaction(writing=True) as work:
        work.run(sql.GREET, {"owner": owner, "until_us": until_us})


def leave(models: ReadModelStore, owner: str, now_us: int) -> None:
    """Give back everything that an owner holds."""
    with models.transaction(writing=True) as work:
        work.alone()
        work.run(sql.RELEASE, {"owner": owner})
        work.run(sql.FORGET_FOLLOWERS, {"now_us": now_us, "leaving": owner})
