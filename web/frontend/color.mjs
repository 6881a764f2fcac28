// Colors given as oklch (CSS Color 4) turned into sRGB. All colors of KERN lie inside sRGB, so clipping only removes rounding.

const rad = Math.PI / 180;

// parse reads "42.84% 0.1689 265.02" or "0.725 0.012 271.4" into [lightness 0–1, chroma, hue in degrees].
function parse(text) {
  const [l, c, h] = text.trim().split(/\s+/);
  return [l.endsWith("%") ? parseFloat(l) / 100 : parseFloat(l), parseFloat(c), parseFloat(h)];
}

// rgb turns [l, c, h] into three integers 0–255.
function rgb([L, C, h]) {
  const a = C * Math.cos(h * rad);
  const b = C * Math.sin(h * rad);
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((linear) => {
    const value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
    return Math.round(255 * Math.min(1, Math.max(0, value)));
  });
}

const hex = (channels) => "#" + channels.map((n) => n.toString(16).padStart(2, "0")).join("");

export const rgbOfOklch = (text) => rgb(parse(text));
export const hexOfOklch = (text) => hex(rgbOfOklch(text));

const named = { white: [1, 0, NaN], black: [0, 0, NaN] };

function color(text) {
  if (named[text]) return named[text];
  const [l, c, h] = parse(text.match(/^oklch\((.*)\)$/)[1]);
  return [l, c, c === 0 ? NaN : h]; // an achromatic color has no hue of its own
}

// mixOklch is color-mix(in oklch, a, b share): share is the part of b, 0–1. Mixing with transparent only changes the alpha.
export function mixOklch(a, b, share) {
  const [la, ca, ha] = color(a);
  if (b === "transparent") return `rgb(${rgb([la, ca, Number.isNaN(ha) ? 0 : ha]).join(" ")} / ${+(1 - share).toFixed(3)})`;
  const [lb, cb, hb] = color(b);
  const hue = Number.isNaN(ha) ? hb : Number.isNaN(hb) ? ha : ha + share * ((((hb - ha) % 360) + 540) % 360 - 180);
  const between = (x, y) => x + share * (y - x);
  return hex(rgb([between(la, lb), between(ca, cb), Number.isNaN(hue) ? 0 : hue]));
}
