"""What holds writing back whatever a plan says: the kill switch, quiet hours, and the canary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sync.canary import Canary
from sync.quiet_hours import QuietHours

STOP_FILE = "dovetail.stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Safety:
    """The switches of one installation. By default none is set.

    Attributes:
        stop_file: as long as this file exists, nothing is written; None where there is no configuration file.
        stopped: why nothing is written to a source, by its name: the configuration says so.
        quiet_hours: see there.
        zone: the portfolio's zone, in which quiet hours are.
        canary: see there.
        ignores_quiet_hours: a person has asked for this run at this hour.
    """

    stop_file: Path | None = None
    stopped: Mapping[str, str] = field(default_factory=dict)
    quiet_hours: QuietHours = field(default_factory=QuietHours)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    canary: Canary = field(default_factory=Canary)
    ignores_quiet_hours: bool = False

    def why_stopped(self, source: str) -> str | None:
        """Why nothing may be written to a source at this very moment; None where nothing stops it.

        The file is looked for each time, so that making it stops a run that is under way.
        """
        if (reason := self.stop_file_reason()) is not None:
            return reason
        return self.stopped.get(source)

    def stop_file_reason(self) -> str | None:
        """The same for the file alone, which is about every source."""
        if self.stop_file is None:
            return None
        try:
            self.stop_file.lstat()
        except FileNotFoundError:
            return None
        except OSError as error:
            # Whether it is there cannot be seen; the switch that cannot be read is on.
            reason = error.strerror or type(error).__name__
            return f"{self.stop_file} cannot be looked for ({reason}), so nothing is written"
        return f"{self.stop_file} exists, so nothing is written; delete it to go on"

    def quiet_until(self, now: datetime) -> datetime | None:
        """When the quiet hours end; None outside of them, and where a person has asked for this run."""
        return None if self.ignores_quiet_hours else self.quiet_hours.until(now, self.zone)

    def quiet_in_words(self, until: datetime) -> str:
        """`quiet hours (22:00-06:00) until 2026-11-25 06:00 (Europe/Zurich)`."""
        local = until.astimezone(self.zone)
        return f"quiet hours ({self.quiet_hours.text}) until {local:%Y-%m-%d %H:%M} ({self.zone.key})"
