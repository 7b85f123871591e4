// The style sheet's colours: who sees fewer of them must tell them apart, and texts must be read.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { heatPercent, isStrong } from '../../../web/src/data/shades.js';

const CSS = readFileSync(new URL('../../../web/src/page.css', import.meta.url), 'utf8');

/** The custom properties of the light scheme, and those of the dark one over them. */
function schemes() {
  const block = (text) => Object.fromEntries(
    [...text.matchAll(/--([\w-]+): (#[0-9a-f]{3,6});/g)].map(([, name, value]) => [name, value]));
  const light = block(/^:root \{([^}]*)\}/m.exec(CSS)[1]);
  return { light, dark: { ...light, ...block(/:root:not\(\.printing\) \{([^}]*)\}/.exec(CSS)[1]) } };
}

function linear(hex) {
  const full = hex.length === 4 ? [...hex.slice(1)].map((digit) => digit + digit) : hex.slice(1).match(/../g);
  return full.map((pair) => {
    const value = parseInt(pair, 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
}

const times = (matrix, vector) => matrix.map((row) => row.reduce((sum, value, at) => sum + value * vector[at], 0));

// Ottosson's OKLab, from linear sRGB and back.
const TO_LMS = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]];
const TO_LAB = [[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099], [0.0259040371, 0.7827717662, -0.808675766]];
const FROM_LAB = [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.291485548]];
const FROM_LMS = [[4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965], [-0.0041960863, -0.7034186147, 1.707614701]];
const oklab = (rgb) => times(TO_LAB, times(TO_LMS, rgb).map(Math.cbrt));
const fromOklab = (lab) => times(FROM_LMS, times(FROM_LAB, lab).map((value) => value ** 3));

// Machado, Oliveira and Fernandes 2009: no cones of one kind, on linear sRGB.
const SIGHT = {
  all: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
// Colours that stand side by side in one chart.
const TOGETHER = [['c-blue', 'c-orange'], ['c-sky', 'c-vermilion'], ['c-blue', 'c-ink'], ['c-orange', 'c-ink'], ['c-blue', 'c-grey'], ['c-orange', 'c-grey']];
const DISTANCE_MIN = 0.1;

function distance(a, b, sight) {
  const seen = (hex) => oklab(times(SIGHT[sight], linear(hex)).map((value) => Math.min(Math.max(value, 0), 1)));
  const [x, y] = [seen(a), seen(b)];
  return Math.hypot(...x.map((value, at) => value - y[at]));
}

const luminance = (rgb) => 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];

function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

for (const [scheme, colours] of Object.entries(schemes())) {
  test(`${scheme}: colours of one chart are told apart by every kind of sight`, () => {
    for (const sight of Object.keys(SIGHT)) {
      for (const [a, b] of TOGETHER) {
        const apart = distance(colours[a], colours[b], sight);
        assert.ok(apart >= DISTANCE_MIN, `${a} and ${b} for ${sight}: ${apart.toFixed(3)}`);
      }
    }
  });

  test(`${scheme}: numbers in shaded cells can be read on every shade`, () => {
    const [none, full] = [oklab(linear(colours['heat-none'])), oklab(linear(colours.heat))];
    for (let share = 0; share <= 1; share += 0.01) {
      const part = heatPercent(share) / 100;
      const shade = fromOklab(none.map((value, at) => value * (1 - part) + full[at] * part));
      const ink = linear(colours[isStrong(share) ? 'heat-ink' : 'heat-ink-low']);
      assert.ok(contrast(shade, ink) >= 4.3, `a share of ${share.toFixed(2)}: ${contrast(shade, ink).toFixed(2)}`);
    }
  });

  test(`${scheme}: words can be read on cards and beside them`, () => {
    for (const ink of ['ink', 'muted', 'accent', 'warning']) {
      for (const ground of ['card', 'ground']) {
        const found = contrast(linear(colours[ink]), linear(colours[ground]));
        assert.ok(found >= 4.5, `${ink} on ${ground}: ${found.toFixed(2)}`);
      }
    }
  });
}
