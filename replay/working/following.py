"""Keep the read models up with the log, from within the worker."""

import threading
from datetime import timedelta

from ledger.application.ledger import Ledger
from ledger.application.logs import logger
from ledger.stores.read_models.catalogue import Parked
from replay.follow import Followed, Follower, Happening, WentLive
from replay.working.job import A_DAY, Done
from replay.working.tally import Tally

# Another follower may have ended with partitions in its hands: its leases run out within seconds.
_LOOK_AGAIN = timedelta(seconds=5)


class FollowingJob:
    """Follows whenever something was recorded."""

    name = "follow"
    calm = timedelta()
    at_least_every = A_DAY

    def __init__(self, ledger: Ledger, tally: Tally) -> None:
        self._ledger = ledger
        self._tally = tally
        self._follower: Follower | None = None
        self._parked: set[str] = set()

    def run(self, stop: threading.Event) -> Done:
        """Go where the log ends; without read models they are made."""
        if self._follower is None:
            follower = Follower(self._ledger, self._tell)
            follower.try_parked_again()
            self._follower = follower
        is_there = self._follower.advance(stop)
        self._tally.licenses_parked = self._follower.parked()
        return Done(self._ledger.now() + (self.at_least_every if is_there else _LOOK_AGAIN))

    def _tell(self, happening: Happening) -> None:
        if isinstance(happening, Followed):
            logger().debug("followed", position=happening.position, licenses=happening.licenses)
        elif isinstance(happening, Parked):
            if happening.license_id not in self._parked:
                self._parked.add(happening.license_id)
                logger().warning(
                    "licence parked",
                    license_id=happening.license_id,
                    position=happening.position,
                    reason=happening.reason,
                )
        elif isinstance(happening, WentLive):
            logger().info("read models answer", version=happening.version)

    def close(self) -> None:
        """Give the partitions to the other followers."""
        if self._follower is not None:
            self._follower.leave()
