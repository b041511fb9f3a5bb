// The main figures as one picture. It has a background of its own, because it may be shown on a light or a dark page.
const WIDTH = 960;
const COLUMNS = 2;
const ROW = 19;
const PANEL = { width: WIDTH / COLUMNS, head: 50, label: 226, value: 74, margin: 20 };

const kilo = (value) => `${(value / 1000).toFixed(value < 9950 ? 1 : 0)} kB`;
const whole = (unit) => (value) => `${Math.round(value).toLocaleString("en")}${unit}`;

/**
 * For each panel: the title, which direction is better, the medians by name (with or without quartiles), and the format of a
 * value.
 */
const panels = ({ size, cold, click, landing, fetch, proofs, urls, callbacks, login, heap, tampered, refresh }) => [
  ["Nobody is signed in: known after, slow network and CPU", "less", known(cold.slow), whole(" ms")],
  ["Click to leaving for the server, slow network and CPU", "less", click.slow, whole(" ms")],
  ["Callback page until signed in, slow network and CPU", "less", landing.slow, whole(" ms")],
  ["Script for the whole job, brotli", "less", map(size, ({ first, later }, name) => ({ median: first.brotli + (name.startsWith("wicketgate") ? later.brotli : 0) })), kilo],
  ["Page load to a URL, slow network and CPU", "less", map(cold.slow, ({ discovered, given }) => discovered ?? given), whole(" ms")],
  ["Added to a request with the token", "less", map(without(fetch, ["unit", "bare"]), ({ median }) => ({ median: median - fetch.bare.median })), (value) => `${value.toFixed(1)} µs`],
  ["Request with a proof (DPoP)", "less", map(proofs.peers, ({ alone }) => alone), whole(" µs")],
  ["Authorization URLs per second", "more", urls.few, whole("")],
  ["Callbacks per second (* checks the signature)", "more", rename(callbacks.rates, (name) => (callbacks.checksSignature[name] ? `${name} *` : name)), whole("")],
  ["Whole login, loopback", "less", without(login, ["unit"]), whole(" ms")],
  ["Memory after a login, the browser's figure", "less", map(without(heap, ["unit", "empty"]), ({ browser }) => browser), kilo],
  ["Tampered responses refused, of twelve", "more", map(tampered, (lies) => ({ median: Object.values(lies).filter(({ result }) => result === "refused").length })), whole("")],
  ["Requests for fifty calls for an expired token, one tab", "less", map(refresh, ({ oneTab }) => ({ median: oneTab.requests })), whole("")],
];

export function drawChart(all) {
  const drawn = panels(all);
  const heights = [];
  for (let i = 0; i < drawn.length; i += COLUMNS) {
    heights.push(PANEL.head + ROW * Math.max(...drawn.slice(i, i + COLUMNS).map(([, , values]) => Object.keys(values).length)) + PANEL.margin);
  }
  const top = (row) => heights.slice(0, row).reduce((sum, height) => sum + height, 0) + 8;
  const groups = drawn.map((panel, i) => {
    const [column, row] = [i % COLUMNS, Math.floor(i / COLUMNS)];
    return `<g transform="translate(${column * PANEL.width} ${top(row)})">${draw(panel)}</g>`;
  });
  const height = top(heights.length) + 24;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="wicketgate side by side with its peers; the figures are in results.md">
<style>
  :root { --ground: #fdfdfc; --text: #22252a; --soft: #666c75; --bar: #b4bac3; --ours: #3563c9; --range: #4a4f57; }
  @media (prefers-color-scheme: dark) {
    :root { --ground: #16181c; --text: #e6e8eb; --soft: #9aa1ab; --bar: #565d68; --ours: #7ba2f5; --range: #c9ced6; }
  }
  text { font: 12px system-ui, sans-serif; fill: var(--text); }
  .title { font-weight: 600; font-size: 13px; }
  .soft { fill: var(--soft); font-size: 11px; }
  .bar { fill: var(--bar); } .ours { fill: var(--ours); } .strong { font-weight: 600; }
  .range { stroke: var(--range); stroke-width: 1.5; }
</style>
<rect width="${WIDTH}" height="${height}" rx="6" style="fill: var(--ground)"/>
${groups.join("\n")}
<text class="soft" x="${PANEL.margin}" y="${height - 12}">Medians of one run on ${all.date}, Chromium ${all.machine.chromium}; lines: quartiles. How, and what is fair about it: bench/README.md</text>
</svg>
`;
}

function draw([title, better, values, write]) {
  const sign = better === "less" ? 1 : -1;
  const rows = Object.entries(values).sort(([, a], [, b]) => sign * (a.median - b.median));
  const left = PANEL.margin + PANEL.label;
  const room = PANEL.width - left - PANEL.value;
  const scale = room / Math.max(...rows.map(([, { median, q3 }]) => Math.max(median, Math.min(q3 ?? 0, median * 1.5))));
  const lines = rows.map(([name, { median, q1, q3 }], i) => {
    const y = PANEL.head + i * ROW;
    const ours = name.startsWith("wicketgate");
    const end = left + median * scale;
    const until = Math.min(left + (q3 ?? median) * scale, left + room);
    const range = q1 === undefined ? "" : `<line class="range" x1="${fixed(left + q1 * scale)}" x2="${fixed(until)}" y1="${y + 6.5}" y2="${y + 6.5}"/>`;
    return `<text x="${left - 8}" y="${y + 10.5}" text-anchor="end"${ours ? ' class="strong"' : ""}>${name}</text>` +
      `<rect class="${ours ? "ours" : "bar"}" x="${left}" y="${y}" width="${fixed(Math.max(median * scale, 1))}" height="13" rx="2"/>${range}` +
      `<text x="${fixed(Math.max(end, until) + 6)}" y="${y + 10.5}"${ours ? ' class="strong"' : ""}>${write(median)}</text>`;
  });
  return `<text class="title" x="${PANEL.margin}" y="22">${title}</text>` +
    `<text class="soft" x="${PANEL.margin}" y="38">${better} is better</text>${lines.join("")}`;
}

/** Of the peers that can say so. */
const known = (peers) => Object.fromEntries(Object.entries(peers).flatMap(([name, { given }]) => (given.known ? [[name, given.known]] : [])));
const fixed = (value) => value.toFixed(1);
function map(object, change) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value, name)]));
}
function rename(object, change) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [change(name), value]));
}
function without(object, names) {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}
