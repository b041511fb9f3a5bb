// Writes `results.json` as Markdown, with the state of the project's goals.

/** The text of a cell: a median, with its quartiles beside it. */
const figure = (value, digits = 0) =>
  value ? `${number(value.median, digits)} (${number(value.q1, digits)} to ${number(value.q3, digits)})` : "";
const number = (value, digits = 0) =>
  value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

const sections = { size, cold, click, landing, fetch: fetches, proofs, urls, callbacks, login, heap, tampered, refresh, begin };

export function markdown(all) {
  const parts = [heading(all)];
  for (const [name, section] of Object.entries(sections)) if (all[name]) parts.push(section(all[name], all));
  if (all.cold && all.proofs && all.urls && all.callbacks) parts.push(standing(goals(all)));
  return `${parts.join("\n\n")}\n`;
}

/** The project's goals and the measured figures: each a ratio, and its minimum or maximum. */
export function goals({ cold, proofs, urls, callbacks }) {
  const fastest = (rates, isIn) =>
    Object.entries(rates)
      .filter(([name]) => !name.startsWith("wicketgate") && isIn(name))
      .reduce((best, other) => (other[1].median > best[1].median ? other : best));
  const [urlPeer, url] = fastest(urls.few, () => true);
  const [callbackPeer, callback] = fastest(callbacks.rates, (name) => callbacks.checksSignature[name]);
  const [proofPeer, proof] = fastest(map(proofs.peers, ({ together }) => together), () => true);
  const [quickPeer, quick] = fastest(map(proofs.peers, ({ alone }) => ({ median: 1 / alone.median })), () => true);
  const bound = proofs.peers["wicketgate/all"];
  const theirs = cold.slow["oidc-client-ts"];
  return {
    "it is known that nobody is signed in, slow, against oidc-client-ts's URL": { ratio: cold.slow.wicketgate.discovered.known.median / theirs.discovered.median, atMost: 0.8 },
    "URL with metadata given, slow, against oidc-client-ts: wicketgate/handoff in one file": { ratio: cold.slow["wicketgate/handoff"].given.median / theirs.given.median, atMost: 1.3 },
    ...Object.fromEntries(
      ["wicketgate", "wicketgate/streaming", "wicketgate/streaming, preloaded"].map((name) => [
        `cold start, slow, against oidc-client-ts: ${name}`,
        { ratio: cold.slow[name].discovered.median / theirs.discovered.median, atMost: 1 },
      ]),
    ),
    [`proofs per second, against ${proofPeer}`]: { ratio: bound.together.median / proof.median, atLeast: 1 },
    [`time of a request with a proof, against ${quickPeer}`]: { ratio: bound.alone.median * quick.median, atMost: 1 },
    [`authorization URLs per second, against ${urlPeer}`]: { ratio: urls.few.wicketgate.median / url.median, atLeast: 5 },
    [`callbacks per second, against ${callbackPeer}`]: { ratio: callbacks.rates.wicketgate.median / callback.median, atLeast: 1 },
  };
}

const map = (object, change) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

function heading({ date, seconds, machine, versions }) {
  const { noise } = machine;
  const restless = noise
    ? ` The same loop, run ${noise.n} times in between, took ${noise.median.toFixed(1)} ms (${noise.q1.toFixed(1)} to ${noise.q3.toFixed(1)}; from ${noise.fastest.toFixed(1)} to ${noise.slowest.toFixed(1)}): that is what the machine itself adds.`
    : "";
  return `# Side by side

One run of ${Math.ceil(seconds / 60)} minutes on ${date}: Chromium ${machine.chromium}, headless, ${machine.cores} cores (${machine.cpu}), Node ${machine.node}. Medians, with quartiles in brackets.${restless}

${Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ")}.`;
}

function size(sizes) {
  const row = ([name, { first, later }]) => [
    name, ...["raw", "gzip", "brotli"].map((kind) => number(first[kind])), later.brotli ? number(later.brotli) : "",
  ];
  return section("Transfer size", "Bytes of the script that does the whole job, and of what is in other files, which it loads when it needs them.",
    ["", "raw", "gzip", "brotli", "in other files, brotli"], Object.entries(sizes).map(row));
}

function cold({ fast, slow }) {
  const row = (name) => [
    name, figure(fast[name].discovered), figure(fast[name].given), figure(slow[name].discovered), figure(slow[name].given),
  ];
  const known = (name) => [name, figure(fast[name].given.known), figure(slow[name].given.known)];
  const knows = Object.keys(fast).filter((name) => fast[name].given.known);
  const phases = ([name, { discovered, given }]) => {
    const { script, asks, answered } = (discovered ?? given).phases;
    return [name, number(script), asks ? number(asks) : "", answered ? number(answered) : "", number((discovered ?? given).median)];
  };
  return `${section("Cold start", "Milliseconds from the navigation to an authorization URL; without its metadata, which it asks the server for, and with. Slow is 1.6 Mbit/s, 150 ms and a quarter of the speed.",
    ["", "fast, asks", "fast, given", "slow, asks", "slow, given"], Object.keys(fast).map(row))}

${section(undefined, "Milliseconds from the navigation until the page knows that nobody is signed in, where the library says so; metadata given.",
    ["", "fast", "slow"], knows.map(known))}

${section(undefined, "When, on the slow one, in milliseconds (medians):",
    ["", "script is there", "asks", "is answered", "URL"], Object.entries(slow).map(phases))}`;
}

function click({ unit, fast, slow }) {
  const row = (name) => [name, figure(fast[name], 1), figure(slow[name])];
  return section("Click to navigation", "Milliseconds from the click on the login button until the browser leaves for the server, in a page that was idle before.",
    ["", "fast", "slow"], Object.keys(fast).map(row));
}

function landing({ unit, fast, slow }) {
  const row = (name) => [name, figure(fast[name]), figure(slow[name])];
  return section("Callback page", "Milliseconds from the navigation to the callback page until somebody is signed in. The server and the backend answer at once; the script is not cached.",
    ["", "fast", "slow"], Object.keys(fast).map(row));
}

function fetches({ unit, bare, ...peers }) {
  const row = ([name, time]) => [name, figure(time, 1), number(time.median - bare.median, 1)];
  return section("A request with the token", "Microseconds for each, with a network that answers at once; and how much of it the library adds.",
    ["", "µs", "added"], [["fetch", figure(bare, 1), ""], ...Object.entries(peers).map(row)]);
}

function proofs({ peers }) {
  const row = ([name, { alone, together }]) => [name, figure(alone), figure(together)];
  return section("A request with a token that is bound to a key (DPoP)", "Microseconds for each, one after the other; and how many in a second where fifty are under way at once. Each has its own proof, and the network answers at once.",
    ["", "µs", "per second"], Object.entries(peers).map(row));
}

function urls({ few, many, floor }) {
  const row = (name) => [name, figure(few[name]), figure(many[name])];
  return section("Authorization URLs per second", "With few logins pending, and two hundred in a row. The last line is one write to `sessionStorage`, and nothing else.",
    ["", "few pending", "many"], [...Object.keys(few).map(row), ["one write", figure(floor.few), figure(floor.many)]]);
}

function callbacks({ rates, checksSignature }) {
  const row = ([name, rate]) => [name, checksSignature[name] ? "yes" : "no", figure(rate)];
  return section("Callbacks per second", "With a network that answers at once.",
    ["", "checks the signature", "per second"], Object.entries(rates).map(row));
}

function login({ unit, ...peers }) {
  return section("Whole login", "Milliseconds from the click to the claims, at oidc-provider on loopback.",
    ["", "ms"], Object.entries(peers).map(([name, time]) => [name, figure(time)]));
}

function heap({ unit, empty, ...peers }) {
  const kilo = (value) => number(value / 1000);
  const row = ([name, held]) => [name, kilo(held.heap.median), held.wasm ? kilo(held.wasm) : "", kilo(held.heap.median + held.wasm), kilo(held.browser.median)];
  return section("Memory after a login", "In kB, more than a page without a peer. The last column is what the browser says of all of it (`measureUserAgentSpecificMemory`), workers included.",
    ["", "JavaScript heap", "WebAssembly memory", "both", "the browser's own figure"], Object.entries(peers).map(row));
}

function tampered(results) {
  const peers = Object.keys(results);
  const row = (lie) => [lie, ...peers.map((peer) => results[peer][lie].result)];
  return section("Tampered responses", "Each with its defaults. The errors are in `results.json`.",
    ["", ...peers], Object.keys(results[peers[0]]).map(row));
}

function refresh(results) {
  const cells = (outcome) => (outcome ? [outcome.requests, outcome.served] : ["", ""]);
  const row = ([name, { oneTab, fiveTabs }]) => [name, ...cells(oneTab), ...cells(fiveTabs)];
  return section("Fifty calls for a token that has expired", "Requests to the server, and how many of the fifty got a token. Empty: no store that tabs share.",
    ["", "one tab: requests", "served", "five tabs: requests", "served"], Object.entries(results).map(row));
}

function begin({ unit, ...situations }) {
  const rows = Object.entries(situations).flatMap(([situation, { figures, ratios }]) => [
    ...Object.entries(figures).map(([name, time]) => [situation, name, figure(time, 1)]),
    [situation, "**oauth4webapi takes**", `**${ratios.sameJob.toFixed(2)}** times as long; ${ratios.nothingStored.toFixed(2)} where it stores nothing`],
  ]);
  return section("Begin-to-URL, in one page", "Microseconds for each call.", ["", "", "µs"], rows);
}

function standing(goals) {
  const row = ([name, { ratio, atMost, atLeast }]) => {
    const reached = atMost === undefined ? ratio >= atLeast : ratio <= atMost;
    return [name, ratio.toFixed(2), atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`, reached ? "yes" : "no"];
  };
  return section("The project's goals", "wicketgate's median divided by the other's.", ["", "ratio", "goal", "reached"], Object.entries(goals).map(row));
}

function section(title, about, head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [...(title ? [`## ${title}`, ""] : []), about, "", line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
