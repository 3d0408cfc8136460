"""The folder where results wait is named by a person: what else lies there is theirs."""

from dataclasses import replace
from pathlib import Path

from replay.rebuild.rebuilding import rebuild
from tests.rebuild.test_whole import live, order, rebuilt, silent
from tests.rebuild.world import World


class TestAFolderOfSomebodys:
    def test_keeps_their_files(self, world: World, tmp_path: Path) -> None:
        letters = tmp_path / "letters"
        (letters / "old").mkdir(parents=True)
        theirs = [letters / "plan.txt", letters / "old" / "done.json"]
        for file in theirs:
            file.write_text("x")
        for _ in range(2):
            rebuild(world.ledger, replace(order(world), staging_url=str(letters)), silent)
        assert [file for file in letters.rglob("*") if file.is_file()] == theirs

    def test_may_be_the_logs_own(self, world: World, tmp_path: Path) -> None:
        before = {file for file in tmp_path.rglob("*") if file.is_file()}
        first = rebuilt(world)
        again = rebuild(world.ledger, replace(order(world), staging_url=str(tmp_path)), silent)
        assert again.digest == first.digest
        assert before <= {file for file in tmp_path.rglob("*") if file.is_file()}
        assert set(live(world).values()) == {again.version}
