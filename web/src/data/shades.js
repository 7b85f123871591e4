// How strong the colour of a cell is.

// The least that is not nothing can be told from nothing.
const PERCENT_MIN = 8;
// From here on light ink on the colour is easier to read than dark ink (in the dark: the reverse).
const STRONG_FROM = 0.6;

export function heatPercent(share) {
  return share <= 0 ? 0 : PERCENT_MIN + (100 - PERCENT_MIN) * Math.min(share, 1);
}

export function isStrong(share) {
  return share > STRONG_FROM;
}
