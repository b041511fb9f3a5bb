/** The visible part of the inspector. It inserts text as text, never as markup. */
import { addressOf } from "./checks.js";
import { lies } from "./lies.js";

const isWide = matchMedia("(min-width: 70rem)");

/** By the name in the configuration: the place of the tokens. */
const stores = { memory: "in memory", session: "in this tab", local: "in all tabs" };
const STORE = "inspector.store";

/** An element; its properties, then its children. */
function element(name, properties, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...content.filter((part) => part !== undefined && part !== false));
  return made;
}

const marks = { passed: "✓", refused: "✗", "not made": "–" };
const words = { passed: "Passed: ", refused: "Refused: ", "not made": "Not seen: " };

export function openPanel() {
  const list = element("ol", { className: "steps", ariaLabel: "Messages" });
  const empty = element("p", { className: "empty" }, "Log in, and each message shows here, beside the checks that it passes.");
  const latest = element("p", { className: "latest", role: "status" });
  const way = element("p", { className: "under-way" });
  const life = lifeOfToken();
  const breaking = breakIt();
  const tokenStore = storedChoice();
  const toggle = element("button", { className: "small toggle", ariaExpanded: "false" }, "Show");
  toggle.setAttribute("aria-controls", "inspector-body");
  const body = element(
    "div",
    { id: "inspector-body" },
    element("div", { className: "controls" }, chooseStore(tokenStore), secondTab(), life.element),
    breaking.element,
    element("div", { className: "scroll" }, empty, list),
    way,
  );
  const panel = element("aside", { id: "inspector", ariaLabel: "What happens" }, element("div", { className: "bar" }, element("div", {}, element("h2", {}, "What happens"), latest), toggle), body);
  const scroll = list.parentElement;
  const scrollToEnd = () => (scroll.scrollTop = scroll.scrollHeight);
  const open = (isOpen) => {
    panel.classList.toggle("open", isOpen);
    scrollToEnd();
    toggle.ariaExpanded = String(isOpen);
    toggle.textContent = isOpen ? "Hide" : "Show";
  };
  toggle.addEventListener("click", () => open(!panel.classList.contains("open")));
  panel.addEventListener("keydown", ({ key }) => key === "Escape" && panel.classList.contains("open") && (open(false), toggle.focus()));
  document.body.append(panel);

  const shown = new Map();
  const underWay = new Set();
  return {
    tokenStore: { name: tokenStore, place: stores[tokenStore] },
    onLie: breaking.onLie,
    follow: life.follow,
    append(step, longest) {
      const isAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
      empty.hidden = true;
      shown.set(step, list.appendChild(element("li", {})));
      draw(step, shown.get(step));
      while (list.children.length > longest) list.firstChild.remove();
      latest.textContent = step.isOutcome ? `${step.title}: ${step.line}` : step.title;
      latest.dataset.tone = step.tone ?? "";
      if (isAtEnd) scrollToEnd();
    },
    /** Called when the step's checks have changed. */
    update(step) {
      const item = shown.get(step);
      if (!item) return;
      // All other elements stay as they are, and so does the focus.
      item.dataset.tone = step.tone ?? "";
      item.querySelector(".tally").textContent = tally(step.checks) || step.at;
      item.querySelector(".checks")?.replaceChildren(...step.checks.map(row));
    },
    underWay(text) {
      const one = { text };
      const say = () => (way.textContent = underWay.size ? `Under way: ${[...underWay].map(({ text }) => text).join(", ")}` : "");
      underWay.add(one);
      say();
      return () => {
        underWay.delete(one);
        say();
      };
    },
  };
}

function draw(step, item) {
  const isOpen = isWide.matches || step.tone === "bad";
  const { title, line, status, tone, sent = [], got = [], checks = [], host, at } = step;
  item.className = step.isOutcome ? "step outcome" : "step";
  item.dataset.tone = tone ?? "";
  const head = [
    element("span", { className: "title" }, title),
    element("code", { className: "line" }, line ?? ""),
    element("span", { className: "status" }, String(status ?? "")),
    element("span", { className: "tally" }, tally(checks) || at),
  ];
  const hasBody = sent.length + got.length + checks.length > 0;
  if (!hasBody) return item.replaceChildren(element("div", { className: "head" }, ...head));
  const messages = element("div", { className: "messages" }, host && element("p", { className: "host" }, host), members("Sent", sent), members(step.isOutcome || !host ? "" : "Answered", got));
  const body = element("div", { className: "body" }, messages, checks.length > 0 && element("ul", { className: "checks", ariaLabel: "Checks" }, ...checks.map(row)));
  item.replaceChildren(element("details", { open: isOpen }, element("summary", { className: "head" }, ...head), body));
}

function tally(checks) {
  const count = (state) => checks.filter((check) => check.state === state).length;
  if (count("refused")) return "✗ refused";
  return count("passed") ? `✓ ${count("passed")} of ${checks.length}` : "";
}

function members(caption, all) {
  if (!all.length) return undefined;
  const pairs = all.map(([name, value, isSecret]) =>
    element("div", {}, element("dt", {}, name), element("dd", { className: isSecret ? "secret" : "" }, value)),
  );
  return element("div", {}, caption && element("p", { className: "caption" }, caption), element("dl", {}, ...pairs));
}

function row({ id, text, section, state }) {
  return element(
    "li",
    { className: "check", "data-check": id, "data-state": state ?? "open" },
    element("span", { className: "mark", ariaHidden: "true" }, marks[state] ?? "○"),
    element("span", {}, element("span", { className: "unseen" }, words[state] ?? "Not yet: "), `${text} `, element("a", { href: addressOf(section), target: "_blank", rel: "noopener noreferrer" }, section)),
  );
}

// ── the controls ──

/** How long the access token is still valid. */
function lifeOfToken() {
  const bar = element("progress", { max: 1, value: 0, ariaLabel: "Life of the access token" });
  const time = element("span", { role: "timer" });
  let [until, whole] = [0, 1];
  const tick = () => {
    const left = Math.max(0, until - Date.now() / 1000);
    bar.value = left / whole;
    const minutes = `${Math.floor(left / 60)}:${String(Math.floor(left % 60)).padStart(2, "0")}`;
    time.textContent = left ? minutes : until ? "over" : "none";
  };
  const made = element("div", { className: "life" }, element("span", {}, "Access token"), bar, time);
  tick();
  setInterval(tick, 250);
  return {
    element: made,
    follow({ expiresAt = 0 }) {
      if (expiresAt === until) return;
      [until, whole] = [expiresAt, Math.max(1, expiresAt - Date.now() / 1000)];
      tick();
    },
  };
}

function storedChoice() {
  try {
    return localStorage[STORE] in stores ? localStorage[STORE] : "memory";
  } catch {
    return "memory";
  }
}

/** Another store needs another client, and so another page. */
function chooseStore(chosen) {
  const options = Object.entries(stores).map(([value, label]) => element("option", { value, selected: value === chosen }, label));
  const select = element("select", {}, ...options);
  select.addEventListener("change", () => {
    localStorage[STORE] = select.value;
    location.reload();
  });
  return element("label", {}, "Tokens ", select);
}

const secondTab = () => element("a", { href: "/", target: "_blank", rel: "noopener" }, "Second tab");

/** The lie that the server tells: one at a time. */
function breakIt() {
  const listeners = [];
  const nameOf = ({ name, at }) => (name ? `${name} at ${at}` : "");
  const known = new Map(lies.flatMap(([advice, some]) => some.map((lie) => [nameOf(lie), { advice, lie }])));
  const option = (lie) => element("option", { value: nameOf(lie) }, lie.label);
  const groups = lies.map(([advice, some]) => element("optgroup", { label: advice }, ...some.map(option)));
  const select = element("select", {}, element("option", { value: "" }, "The server tells the truth"), ...groups);
  const advice = element("span", { className: "advice", role: "status" });
  let hasChosen = false;
  const say = () => (advice.textContent = select.value ? `${known.get(select.value).advice}.` : "");
  select.addEventListener("change", async () => {
    say();
    hasChosen = true;
    const { lie } = known.get(select.value) ?? {};
    // First of all: the user may log in at once.
    if (lie) for (const listener of listeners) listener();
    await fetch("/break", { method: "POST", body: JSON.stringify(lie ?? {}) });
  });
  const show = async () => {
    const told = nameOf(await (await fetch("/break")).json());
    if (hasChosen) return;
    select.value = told;
    say();
  };
  show();
  const made = element("div", { className: "controls break" }, element("label", {}, "Break it ", select), advice);
  return { element: made, onLie: (listener) => listeners.push(listener) };
}
