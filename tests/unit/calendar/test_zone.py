"""The zone map against its own definition and against the zone files, read here byte by byte."""

from __future__ import annotations

import struct
import zoneinfo
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest

from sla_domain.calendar import load_zone, tzdata_version
from sla_domain.calendar.instant import DAY_US, SECOND_US, instant_of, local_micros, micros
from sla_domain.calendar.zone import zone_map
from sla_domain.errors import UnknownZone

NAMES = tuple(resources.files("tzdata").joinpath("zones").read_text().split())
CHANGING = [
    ("Europe/Warsaw", "2026-03-29", "2026-10-25"),
    ("America/Sao_Paulo", "2018-11-04", "2018-02-18"),
    ("America/St_Johns", "2006-04-02", "2006-10-29"),
    ("Australia/Lord_Howe", "2026-10-04", "2026-04-05"),
    ("Pacific/Apia", "2011-12-30", "2011-04-02"),
]


def _content(name: str) -> bytes:
    return resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()


DISTINCT = tuple({_content(name): name for name in NAMES}.values())  # links left out


def test_the_pinned_zone_data_wins_over_the_system(tmp_path: Path) -> None:
    """A system that believes Warsaw is Tokyo moves no deadline."""
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "Warsaw").write_bytes(_content("Asia/Tokyo"))
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    zoneinfo.reset_tzpath(to=[str(tmp_path)])
    zoneinfo.ZoneInfo.clear_cache()
    load_zone.cache_clear()
    try:
        assert noon.astimezone(zoneinfo.ZoneInfo("Europe/Warsaw")).hour == 21
        assert noon.astimezone(load_zone("Europe/Warsaw")).hour == 13
    finally:
        zoneinfo.reset_tzpath()
        zoneinfo.ZoneInfo.clear_cache()
        load_zone.cache_clear()


def test_the_version_of_the_zone_data_is_visible() -> None:
    year, letter = tzdata_version()[:4], tzdata_version()[4:]
    assert int(year) >= 2026
    assert letter.isalpha()


@pytest.mark.parametrize("name", ["Europe/Warszawa", "europe/warsaw", "../zones", "/etc/passwd", "", "Europe"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone):
        load_zone(name)


def test_a_misspelt_zone_is_answered_with_a_suggestion() -> None:
    with pytest.raises(UnknownZone, match="did you mean Europe/Warsaw"):
        load_zone("Europe/Warszawa")


def test_no_change_of_any_zone_is_overlooked() -> None:
    """Those the files list one by one; what follows by yearly rule is sampled below."""
    for name in DISTINCT:
        listed = [second * SECOND_US for second in _changes_in_file(name)]
        found = zone_map(name, 1970, 2037).starts[1:]
        assert [start for start in found if listed and start <= listed[-1]] == listed, name


def test_every_zone_tells_the_wall_clock_as_zoneinfo_does() -> None:
    begin, end = micros(datetime(2036, 1, 5, tzinfo=UTC)), micros(datetime(2060, 12, 30, tzinfo=UTC))
    for name in DISTINCT:
        zone, mapped = load_zone(name), zone_map(name, 2036, 2060)
        for instant in range(begin, end, 17 * DAY_US):
            wall = local_micros(instant_of(instant).astimezone(zone).replace(tzinfo=None))
            assert mapped.to_local(instant) == wall, name
            assert mapped.to_local(mapped.to_utc(wall)) == wall, name


@pytest.mark.parametrize(("name", "day"), [(name, day) for name, *days in CHANGING for day in days])
def test_a_reading_maps_to_the_first_instant_that_shows_it_or_more(name: str, day: str) -> None:
    zone, mapped = load_zone(name), zone_map(name, 2000, 2030)
    midnight = datetime.fromisoformat(f"{day}T00:00")
    start = datetime.fromisoformat(f"{day}T00:00Z") - timedelta(days=2)
    minutes = [start + timedelta(minutes=n) for n in range(5 * 1440)]
    furthest: list[datetime] = []
    for minute in minutes:
        shown = minute.astimezone(zone).replace(tzinfo=None)
        furthest.append(max(shown, furthest[-1]) if furthest else shown)
    for reading in (midnight + timedelta(minutes=n) for n in range(-120, 1560)):
        first = next(at for at, shown in zip(minutes, furthest, strict=True) if shown >= reading)
        assert instant_of(mapped.to_utc(local_micros(reading))) == first


def _changes_in_file(name: str) -> list[int]:
    """The listed transitions from 1970 to 2037 that move the offset, in seconds."""
    begin, end = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (1970, 2038))
    zone = load_zone(name)

    def offset(second: int) -> timedelta | None:
        return datetime.fromtimestamp(second, zone).utcoffset()

    return [at for at in _transitions(_content(name)) if begin <= at < end and offset(at) != offset(at - 1)]


def _transitions(content: bytes) -> list[int]:
    """RFC 8536 §3: the times of the second, 64-bit block."""
    isut, isstd, leap, count, types, chars = struct.unpack(">6l", content[20:44])
    second = 44 + count * 5 + types * 6 + chars + leap * 8 + isstd + isut
    count = struct.unpack(">6l", content[second + 20 : second + 44])[3]
    return list(struct.unpack(f">{count}q", content[second + 44 : second + 44 + 8 * count]))
