"""The pages without a browser: nothing comes from elsewhere, no text is missing, and the first view is light."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

from fleet.api.web import build_web
from fleet.folder import Folder
from fleet.pages.serve import FILES, PAGES
from fleet.pages.texts import TEXTS
from fleet.query.places import PER_DEGREE, placed
from fleet.query.reader import reading
from fleet.store.sqlite import open_store
from tests.fleet.site import Site
from tests.fleet.streets import build, streets
from ui.texts import LANGUAGES

FIRST_VIEW = 150 * 1024
SCRIPTS = {name: body.decode() for name, body in FILES.items() if name.endswith(".js")}
DYNAMIC = re.compile(
    r"^(rollout_(running|paused|aborted|done)|standing_(done|failed|under_way|waiting|unknown)|day_(complete|open|explained|waiting|missing|none)|seal_(verified|waiting|unproven|broken|none)|quality_(good|uncertain|bad)|signature_(good|bad|none)|synced|unsynced|online|offline|unknown"
    r"|alarm|warning|lost|good|new|info|viewer|operator|maintainer|admin|queued|sent|done|failed|expired|explained|waiting"
    r"|missing|feeder|cell|street|revision|model|day|week|month)$"
)
"""Texts whose key is a value of the API."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.script)
def test_a_page_is_a_shell_in_its_language_and_of_this_server_alone(site: Site, page: object, language: str) -> None:
    path = page.path.replace("{pole}", "p1")  # type: ignore[attr-defined]
    site.client.cookies.clear()
    answer = site.client.get(path, headers={"Accept-Language": f"{language}-XX,en;q=0.5"})
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert "style=" not in answer.text
    assert not re.search(r"<script(?![^>]*src=)", answer.text), "a script in the page"
    for address in re.findall(r'(?:src|href)="([^"#]+)"', answer.text):
        assert address.startswith("/")
        assert not address.startswith("//")
        if address.startswith("/static/"):
            assert site.client.get(address).status_code == 200, address


@pytest.mark.parametrize("virtual", [False, True])
def test_each_page_of_a_virtual_city_says_so(site: Site, *, virtual: bool) -> None:
    parts = msgspec.structs.replace(site.parts, virtual=virtual)
    with TestClient(build_web(parts)) as client:
        for path in ("/", "/enter", "/poles/p1"):
            for language, words in TEXTS["virtual_city"].items():
                head = client.get(path, headers={"Accept-Language": language}).text.partition("<main")[0]
                assert (f"{words}</a>" in head) == virtual


def test_the_language_that_was_chosen_wins(site: Site) -> None:
    site.client.cookies.set("language", "zh")
    assert '<html lang="zh">' in site.client.get("/", headers={"Accept-Language": "en"}).text


def test_a_browser_that_has_a_page_gets_it_no_second_time(site: Site) -> None:
    for path in ("/", "/static/city.js", "/static/texts.js"):
        first = site.client.get(path)
        again = site.client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path


def test_every_text_of_a_script_stands_in_each_language_and_none_is_left_over() -> None:
    used = {key for script in SCRIPTS.values() for key in re.findall(r'\bt\("(\w+)"', script)}
    used |= {page.heading for page in PAGES} | {"content", "noscript", "virtual_city"}
    assert sorted(used - TEXTS.keys()) == []
    assert sorted(key for key in TEXTS.keys() - used if not DYNAMIC.match(key)) == []
    for key, words in TEXTS.items():
        assert set(words) == set(LANGUAGES), key
        assert all(text.strip() == text != "" for text in words.values()), key
        assert len({len(re.findall(r"\{\d\}", text)) for text in words.values()}) == 1, key


def test_scripts_import_what_is_there_and_make_no_html_of_texts() -> None:
    for name, script in SCRIPTS.items():
        for module in re.findall(r'from "\./([\w.]+)"', script):
            assert module in SCRIPTS or module == "texts.js", f"{name} imports {module}"
        assert "innerHTML" not in script, name
        assert "eval(" not in script, name
        assert "http:" not in script.replace("http://www.w3.org", ""), name
        assert len(script.splitlines()) <= 310, name


def needed(name: str) -> set[str]:
    found = {name}
    for module in re.findall(r'from "\./([\w.]+)"', SCRIPTS.get(name, "")):
        found |= needed(module)
    return found


def test_the_first_view_of_a_city_of_45000_poles_is_light(site: Site, tmp_path: Path) -> None:
    """All that the first page loads, compressed as it is sent; the names of poles come after the map is drawn."""
    build(tmp_path, 45_000)
    paths = ["/", "/api/v1/me", "/api/v1/summary", "/api/v1/map", "/api/v1/poles?limit=50"]
    paths += [f"/static/{name}" for name in sorted({"style.css", "icon.svg", "shell.js"} | needed("city.js"))]
    weights = {}
    for path in paths:
        answer = site.client.get(path)
        assert answer.status_code == 200, path
        packed = answer.headers.get("content-encoding") == "gzip"
        weights[path] = len(gzip.compress(answer.content, 6)) if packed else len(answer.content)
    print({path: weights[path] for path in sorted(weights, key=lambda each: -weights[each])}, sum(weights.values()))
    assert sum(weights.values()) <= FIRST_VIEW


def test_a_map_has_every_pole_within_a_metre(tmp_path: Path) -> None:
    with open_store(Folder(tmp_path).store):
        build(tmp_path, 2000)
    with reading(*Folder(tmp_path).read) as db:
        places = placed(db)
    north = east = 0
    found = set()
    for step_north, step_east in zip(places.latitude, places.longitude, strict=True):
        north, east = north + step_north, east + step_east
        found.add((north, east))
    wanted = {(round(lat * PER_DEGREE), round(lon * PER_DEGREE)) for _, lat, lon, *_ in streets(2000)}
    assert found == wanted
    assert len(msgspec.json.encode(places)) < 2000 * 20
