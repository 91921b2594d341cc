"""What is kept is saved while the appliance runs, and mended before it does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.appliances import COMMAND, Running, environment, next_note


def damage(path: Path) -> None:
    """Spoil its pages, and keep its beginning: it is a database, and a broken one."""
    with path.open("r+b") as file:
        file.seek(100)
        file.write(os.urandom(path.stat().st_size - 100))


async def test_a_damaged_database_is_restored_from_a_snapshot_and_that_is_said(tmp_path: Path) -> None:
    data = tmp_path / "data"
    running = Running(data, wake__engine="microwakeword")
    try:
        await running.listening()
        async with running.client() as client:
            await client.ask("person_add", name="Anna")
            taken = await client.ask("backup_take")
            assert taken["path"].startswith(str(data))
        running.close()
        damage(data / "judgement" / "people.db")
        running = Running(data, wake__engine="microwakeword")
        status = await running.listening()
        assert status["records"] == {"troubles": []}
        async with running.notes() as notes, running.client() as client:
            assert [each["name"] for each in (await client.ask("person_list"))["people"]] == ["Anna"]
            said = await next_note(notes, "reply", "first_audio", "played")
        assert list((data / "set-aside").glob("damaged-*/judgement/people.db"))
        assert "damaged" in said.data.get("text", "damaged")
    finally:
        running.close()


async def test_a_backup_is_made_while_it_runs_and_can_be_verified(tmp_path: Path) -> None:
    running = Running(tmp_path / "data", wake__engine="microwakeword")

    def command(*arguments: str) -> str:
        done = subprocess.run(
            [COMMAND, *arguments], env=environment(running.data), capture_output=True, text=True, check=True
        )
        return done.stdout

    try:
        await running.listening()
        made = tmp_path / "copy.tar.gz"
        command("backup", "--to", str(made), "--no-passphrase")
        assert "judgement/people.db" in command("verify", str(made))
    finally:
        running.close()
