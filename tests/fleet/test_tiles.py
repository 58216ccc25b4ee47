"""A base map is the city's own: off by default, from a folder, for who is logged in; poles stand where it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.api.tiles import find_tiles
from fleet.cli import parser
from fleet.errors import FleetError
from fleet.gcj02 import to_gcj02
from tests.fleet.site import Site, open_site


def tiles(folder: Path, ending: str = "png") -> Path:
    file = folder / "tiles" / "12" / "3345" / f"1782.{ending}"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"a tile")
    (folder / "tiles" / "14").mkdir()
    return folder / "tiles"


def test_without_a_base_map_there_is_none(site: Site) -> None:
    assert site.get("/map")["zooms"] == []
    assert site.client.get("/tiles/12/3345/1782").status_code == 404
    assert parser("serve").parse_args(["serve"]).tiles is None


def test_tiles_come_from_the_folder_to_who_is_logged_in(tmp_path: Path) -> None:
    found = find_tiles(tiles(tmp_path), "wgs84", "© the city")
    with open_site(tmp_path, tiles=found) as site:
        places = site.get("/map")
        assert (places["zooms"], places["credit"], places["crs"]) == ([12, 14], "© the city", "wgs84")
        answer = site.client.get("/tiles/12/3345/1782")
        assert (answer.content, answer.headers["content-type"]) == (b"a tile", "image/png")
        assert site.client.get("/tiles/12/0/0").status_code == 404
        assert site.client.get("/tiles/12/..%2F/0").status_code == 404
        site.client.cookies.clear()
        assert site.client.get("/tiles/12/3345/1782").status_code == 401


def test_on_tiles_of_a_chinese_map_poles_are_shifted_and_named_in_the_same_order(tmp_path: Path) -> None:
    found = find_tiles(tiles(tmp_path, "webp"), "gcj02", "")
    with open_site(tmp_path, tiles=found) as site:
        places = site.get("/map")
        names = site.get("/map/names")
        assert names["version"] == places["version"]
        at = names["poles"].index("p1")
        where = [round(each * 1e5) for each in to_gcj02(22.543, 114.057)]
        assert [sum(places["latitude"][: at + 1]), sum(places["longitude"][: at + 1])] == where
        assert site.get("/poles/p1")["line"]["latitude"] == 22.543, "WGS 84 everywhere else"


def test_a_folder_without_tiles_is_refused_with_what_it_should_have(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match=r"has no tiles: they are files ZOOM/X/Y\.png"):
        find_tiles(tmp_path, "wgs84", "")
    with pytest.raises(FleetError, match="cannot be read"):
        find_tiles(tmp_path / "nothing", "wgs84", "")
