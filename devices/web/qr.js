/**
 * Draws a QR code (ISO/IEC 18004, byte mode, error correction level L, versions 1 to 20, up to 858 bytes)
 * as an SVG of our own, so that a private address need not travel to anybody to become a picture.
 */

import { svg } from "/web/element.js";

/** Error-correction codewords a block, by version from 1. */
const CHECK_LENGTH = [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28];
/** Blocks, by version from 1. */
const BLOCKS = [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8];
/** Modules of white around the code, as the standard asks. */
const MARGIN = 4;

/** An `<svg>` with the code of `text`; dark on white in every colour scheme. */
export function qrCode(text, label) {
  const grid = modules(text);
  const size = grid.length + 2 * MARGIN;
  let path = "";
  grid.forEach((row, y) => row.forEach((dark, x) => {
    if (dark) path += `M${x + MARGIN} ${y + MARGIN}h1v1h-1z`;
  }));
  return svg("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges", class: "qr" },
    svg("rect", { width: size, height: size, fill: "#fff" }),
    svg("path", { d: path, fill: "#000" }));
}

/** The code as rows of booleans, true = dark. */
export function modules(text) {
  const bytes = new TextEncoder().encode(text);
  const version = BLOCKS.findIndex((_, at) => bytes.length <= room(at + 1)) + 1;
  if (version === 0) throw new RangeError("too long for a code");
  const frame = new Frame(version);
  frame.fill(withChecks(codewords(bytes, version), version));
  return frame.best();
}

/** Modules that carry data and checks. */
function rawBits(version) {
  const bits = (16 * version + 128) * version + 64;
  if (version < 2) return bits;
  const marks = Math.floor(version / 7) + 2;
  return bits - (25 * marks - 10) * marks + 55 - (version >= 7 ? 36 : 0);
}

function dataLength(version) {
  return Math.floor(rawBits(version) / 8) - CHECK_LENGTH[version - 1] * BLOCKS[version - 1];
}

/** Bytes of text that a version holds. */
function room(version) {
  return dataLength(version) - (version < 10 ? 2 : 3);
}

/** Mode, length, text and padding as codewords. */
function codewords(bytes, version) {
  const lengthBits = version < 10 ? 8 : 16;
  const bits = [[4, 4], [bytes.length, lengthBits], ...Array.from(bytes, (byte) => [byte, 8]), [0, 4]]
    .flatMap(([value, count]) => Array.from({ length: count }, (_, at) => (value >>> (count - 1 - at)) & 1));
  const words = [];
  for (let at = 0; at + 8 <= bits.length; at += 8) words.push(bits.slice(at, at + 8).reduce((sum, bit) => sum * 2 + bit, 0));
  for (let pad = 0xec; words.length < dataLength(version); pad ^= 0xec ^ 0x11) words.push(pad);
  return words;
}

/** Data and check codewords of all blocks, interleaved as they are laid out. */
function withChecks(words, version) {
  const blocks = BLOCKS[version - 1];
  const divisor = generator(CHECK_LENGTH[version - 1]);
  const short = Math.floor(words.length / blocks);
  const longFrom = blocks - (words.length % blocks);
  const parts = [];
  for (let block = 0, at = 0; block < blocks; block += 1) {
    const length = short + (block >= longFrom ? 1 : 0);
    parts.push(words.slice(at, at + length));
    at += length;
  }
  const checks = parts.map((part) => remainder(part, divisor));
  return [...interleaved(parts), ...interleaved(checks)];
}

function interleaved(parts) {
  const longest = Math.max(...parts.map((part) => part.length));
  return Array.from({ length: longest }, (_, at) => parts.map((part) => part[at])).flat().filter((word) => word !== undefined);
}

/** Product in the field of 256 elements over x^8 + x^4 + x^3 + x^2 + 1. */
function times(a, b) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) product = (product << 1) ^ ((product >>> 7) * 0x11d) ^ (((b >>> bit) & 1) * a);
  return product;
}

function generator(degree) {
  let factors = [...new Array(degree - 1).fill(0), 1];
  for (let step = 0, root = 1; step < degree; step += 1, root = times(root, 2)) {
    factors = factors.map((factor, at) => times(factor, root) ^ (factors[at + 1] ?? 0));
  }
  return factors;
}

function remainder(words, divisor) {
  const rest = new Array(divisor.length).fill(0);
  for (const word of words) {
    const factor = word ^ rest.shift();
    rest.push(0);
    divisor.forEach((coefficient, at) => { rest[at] ^= times(coefficient, factor); });
  }
  return rest;
}

const MASKS = [
  (x, y) => (x + y) % 2, (x, y) => y % 2, (x) => x % 3, (x, y) => (x + y) % 3,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2, (x, y) => ((x * y) % 2) + ((x * y) % 3),
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2, (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

/** The square: fixed patterns first, then data, then the mask that leaves the calmest picture. */
class Frame {
  constructor(version) {
    this.version = version;
    this.size = version * 4 + 17;
    this.dark = this.#square();
    this.fixed = this.#square();
    this.#patterns();
  }

  /** Lays codewords out from the right in double columns, up and down in turn. */
  fill(words) {
    let at = 0;
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      for (let step = 0; step < this.size; step += 1) {
        const y = ((right + 1) & 2) === 0 ? this.size - 1 - step : step;
        for (const x of [right, right - 1]) {
          if (this.fixed[y][x] || at >= words.length * 8) continue;
          this.dark[y][x] = ((words[at >>> 3] >>> (7 - (at & 7))) & 1) === 1;
          at += 1;
        }
      }
    }
  }

  best() {
    const tried = MASKS.map((mask, index) => {
      this.#format(index);
      return this.dark.map((row, y) => row.map((dark, x) => (this.fixed[y][x] ? dark : dark !== (mask(x, y) === 0))));
    });
    const noise = tried.map(unrest);
    return tried[noise.indexOf(Math.min(...noise))];
  }

  #square() {
    return Array.from({ length: this.size }, () => new Array(this.size).fill(false));
  }

  #set(x, y, dark) {
    if (x < 0 || y < 0 || x >= this.size || y >= this.size) return;
    this.dark[y][x] = dark;
    this.fixed[y][x] = true;
  }

  #patterns() {
    const { size } = this;
    for (let at = 0; at < size; at += 1) {
      this.#set(6, at, at % 2 === 0);
      this.#set(at, 6, at % 2 === 0);
    }
    for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]]) this.#rings(x, y, 4);
    const centres = this.#centres();
    const last = centres.length - 1;
    centres.forEach((x, i) => centres.forEach((y, j) => {
      if (![[0, 0], [0, last], [last, 0]].some(([a, b]) => a === i && b === j)) this.#rings(x, y, 2);
    }));
    this.#format(0);
    this.#versionBits();
  }

  #rings(cx, cy, reach) {
    for (let dy = -reach; dy <= reach; dy += 1) {
      for (let dx = -reach; dx <= reach; dx += 1) {
        const ring = Math.max(Math.abs(dx), Math.abs(dy));
        this.#set(cx + dx, cy + dy, reach === 4 ? ring !== 2 && ring !== 4 : ring !== 1);
      }
    }
  }

  #centres() {
    if (this.version === 1) return [];
    const count = Math.floor(this.version / 7) + 2;
    const step = Math.ceil((this.version * 4 + 4) / (count * 2 - 2)) * 2;
    return [6, ...Array.from({ length: count - 1 }, (_, at) => this.size - 7 - (count - 2 - at) * step)];
  }

  /** Level L and the mask's number, with their own checks, twice. */
  #format(mask) {
    const data = (1 << 3) | mask;
    let rest = data;
    for (let step = 0; step < 10; step += 1) rest = (rest << 1) ^ ((rest >>> 9) * 0x537);
    const bits = ((data << 10) | rest) ^ 0x5412;
    const bit = (at) => ((bits >>> at) & 1) === 1;
    const { size } = this;
    for (let at = 0; at < 6; at += 1) this.#set(8, at, bit(at));
    this.#set(8, 7, bit(6));
    this.#set(8, 8, bit(7));
    this.#set(7, 8, bit(8));
    for (let at = 9; at < 15; at += 1) this.#set(14 - at, 8, bit(at));
    for (let at = 0; at < 8; at += 1) this.#set(size - 1 - at, 8, bit(at));
    for (let at = 8; at < 15; at += 1) this.#set(8, size - 15 + at, bit(at));
    this.#set(8, size - 8, true);
  }

  #versionBits() {
    if (this.version < 7) return;
    let rest = this.version;
    for (let step = 0; step < 12; step += 1) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25);
    const bits = (this.version << 12) | rest;
    for (let at = 0; at < 18; at += 1) {
      const [far, near] = [this.size - 11 + (at % 3), Math.floor(at / 3)];
      this.#set(far, near, ((bits >>> at) & 1) === 1);
      this.#set(near, far, ((bits >>> at) & 1) === 1);
    }
  }
}

/** How hard a picture is to read: long runs, blocks, and too much of one shade. */
function unrest(grid) {
  const lines = [...grid, ...grid.map((_, x) => grid.map((row) => row[x]))];
  const long = lines.flatMap((line) => line.map(Number).join("").match(/0{5,}|1{5,}/g) ?? []);
  const runs = long.reduce((sum, run) => sum + run.length - 2, 0);
  let blocks = 0;
  for (let y = 1; y < grid.length; y += 1) {
    for (let x = 1; x < grid.length; x += 1) {
      if (grid[y][x] === grid[y - 1][x] && grid[y][x] === grid[y][x - 1] && grid[y][x] === grid[y - 1][x - 1]) blocks += 3;
    }
  }
  const share = grid.flat().filter(Boolean).length / grid.length ** 2;
  return runs + blocks + Math.floor(Math.abs(share - 0.5) * 20) * 10;
}
