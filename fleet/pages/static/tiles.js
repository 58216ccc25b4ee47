// A base map of the city's own below the poles: raster tiles of Web Mercator, from this platform alone.

const MOST = 300; // images that are kept

export class Tiles {
  constructor(zooms, loaded) {
    this.zooms = zooms;
    this.loaded = loaded;
    this.images = new Map();
  }

  // the sharpest level that is there and not finer than the map
  level(zoom) {
    const fitting = this.zooms.filter((each) => each <= Math.round(zoom));
    return fitting.length ? Math.max(...fitting) : Math.min(...this.zooms);
  }

  draw(pen, zoom, left, top, world) {
    const level = this.level(zoom);
    const count = 2 ** level;
    const size = world / count;
    const { width, height } = pen.canvas;
    const [west, north] = [Math.max(0, Math.floor(-left / size)), Math.max(0, Math.floor(-top / size))];
    const east = Math.min(count - 1, Math.floor((width - left) / size));
    const south = Math.min(count - 1, Math.floor((height - top) / size));
    if ((east - west + 1) * (south - north + 1) > MOST) return; // far out, and only fine levels are there
    for (let y = north; y <= south; y += 1) {
      for (let x = west; x <= east; x += 1) {
        const image = this.image(`/tiles/${level}/${x}/${y}`);
        if (image.naturalWidth) pen.drawImage(image, left + x * size, top + y * size, size + 0.5, size + 0.5);
      }
    }
  }

  image(path) {
    let image = this.images.get(path);
    if (image) this.images.delete(path); // the newest stand last
    else {
      image = new Image();
      image.onload = this.loaded;
      image.src = path;
    }
    this.images.set(path, image);
    if (this.images.size > MOST) this.images.delete(this.images.keys().next().value);
    return image;
  }
}
