"""A base map of the city's own: a folder of raster tiles, served to who is logged in and fetched from nowhere else."""

from __future__ import annotations

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fleet.accounts.roles import Role, Scope
from fleet.api.answer import refusal
from fleet.api.routes import MapTiles, WebParts
from fleet.api.who import may
from fleet.errors import FleetError, NoSuch
from fleet.query.places import Crs

TYPES = {"png": "image/png", "webp": "image/webp", "jpg": "image/jpeg", "jpeg": "image/jpeg"}
DEEPEST = 22


def find_tiles(folder: Path, crs: Crs, credit: str) -> MapTiles:
    """What is in ``folder``; raises ``FleetError`` where there are no tiles."""
    try:
        levels = sorted(int(each.name) for each in folder.iterdir() if each.name.isdecimal() and each.is_dir())
    except OSError as reason:
        raise FleetError(f"{folder} cannot be read: {reason.strerror}; choose another with --tiles") from reason
    zooms = tuple(level for level in levels if level <= DEEPEST)
    for zoom in zooms:
        for file in folder.joinpath(str(zoom)).glob("*/*"):
            ending = file.suffix.lower().removeprefix(".")
            if ending in TYPES and file.stem.isdecimal():
                return MapTiles(folder=folder.absolute(), ending=ending, zooms=zooms, crs=crs, credit=credit)
    raise FleetError(f"{folder} has no tiles: they are files ZOOM/X/Y.png (or {', '.join(list(TYPES)[1:])})")


def tile_route(parts: WebParts, tiles: MapTiles) -> Route:
    async def tile(request: Request) -> Response:
        z, x, y = (request.path_params[name] for name in ("z", "x", "y"))
        try:
            await may(parts, request, Role.VIEWER, Scope.READ)
            body = await run_in_threadpool(_read, tiles.folder / str(z) / str(x) / f"{y}.{tiles.ending}")
        except FleetError as reason:
            return refusal(reason)
        return Response(body, media_type=TYPES[tiles.ending], headers={"Cache-Control": "private, max-age=86400"})

    return Route("/tiles/{z:int}/{x:int}/{y:int}", tile)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise NoSuch("there is no such tile") from None
