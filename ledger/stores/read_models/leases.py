"""Who follows which partitions: leases that expire, shared out evenly among the followers that are alive."""

from ledger.stores.read_models import catalogue as sql
from ledger.stores.read_models.catalogue import Checkpoint
from ledger.stores.read_models.store import ReadModelStore, checkpoints


def claim(models: ReadModelStore, version: int, owner: str, now_us: int, until_us: int) -> list[Checkpoint]:
    """Renew an owner's leases and take free partitions up to its share; return what it holds.

    A lease that has run out is free. Who has more than its share, since another follower came, gives some
    back. That nothing is done twice does not hang on leases: checkpoints move only from where they were.
    """
    with models.transaction(writing=True) as work:
        work.alone()
        work.run(sql.FORGET_FOLLOWERS, {"now_us": now_us, "leaving": None})
        work.run(sql.GREET, {"owner": owner, "until_us": until_us})
        followers = int(work.run(sql.FOLLOWERS)[0][0])
        found = [one for one in checkpoints(work) if one.version == version]
        share = -(-len(found) // followers)
        mine = [one for one in found if one.owner == owner]
        free = [one for one in found if _is_free(one, now_us)]
        held = (mine + free)[:share]
        for one in mine[share:]:
            work.run(sql.LEASE, {"version": version, "part": one.partition, "owner": None, "until_us": None})
        for one in held:
            lease = {"version": version, "part": one.partition, "owner": owner, "until_us": until_us}
            work.run(sql.LEASE, lease)
    return sorted(held, key=lambda one: one.partition)


def leave(models: ReadModelStore, owner: str, now_us: int) -> None:
    """Give back everything that an owner holds."""
    with models.transaction(writing=True) as work:
        work.alone()
        work.run(sql.RELEASE, {"owner": owner})
        work.run(sql.FORGET_FOLLOWERS, {"now_us": now_us, "leaving": owner})


def _is_free(one: Checkpoint, now_us: int) -> bool:
    return one.owner is None or one.lease_until_us is None or one.lease_until_us <= now_us
