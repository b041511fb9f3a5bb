/**
 * The flow inspector: shows each message between this page and the servers, and beside it the checks that it has passed. It
 * uses only facts that any page can know: its own requests by a recording `fetch`, its URLs, and the client's notifications. A
 * check counts as passed only if the inspector made it, or if the client has continued after it.
 *
 * The app needs three lines for it: `inspect` around its client, `tokenStore` in its configuration, and `onLie`.
 */
import { checks, refusedCheck, shownBy, shownByRefusalOf } from "./checks.js";
import { openPanel } from "./panel.js";
import { endpoints, learn, membersOf, record, shown, timeOf, told } from "./record.js";

/** The tab's steps outlive its pages, because a login leads through several pages. */
const KEPT = "inspector";
const LONGEST = 60;

const titles = {
  metadata: "Server metadata",
  authorization: "Authorization request",
  response: "Authorization response",
  token: "Token request",
  handOff: "Hand-off to the backend",
  keys: "The server’s keys",
  idToken: "ID token",
  refresh: "Refresh",
  refreshedIdToken: "Refreshed ID token",
  userinfo: "UserInfo",
  revocation: "Revocation",
  pushed: "Pushed authorization request",
  logout: "Logout request",
  backend: "Backend",
  api: "API",
};

const { steps = [], places } = JSON.parse(read() ?? "{}");
Object.assign(endpoints, places);

const panel = openPanel();
for (const step of steps) panel.append(step);

const otherTabs = new BroadcastChannel(KEPT);
otherTabs.onmessage = ({ data: { title, ...rest } }) => append({ title: `Another tab: ${title}`, ...rest });

/** The token store that the user has chosen: the `name` for the configuration, and the `place` in words. */
export const { tokenStore } = panel;

/** Calls `listener` when the user has made the server lie. */
export const { onLie } = panel;

/** `client`, with its calls and its session recorded. */
export function inspect(client) {
  let before = client.session();
  const follow = (session) => {
    panel.follow(session);
    if (session.status !== before.status || session.claims?.sub !== before.claims?.sub) tellSession(session);
    if (session.expiresAt > (before.expiresAt ?? 0)) pass("refresh", "refreshedIdToken");
    if (session.endedBy === "server" && last("refresh")?.isRefused) refuse("refresh", "grant");
    before = session;
  };
  client.subscribe(follow);
  panel.follow(before);

  const watched = (name) => async (...given) => {
    try {
      const result = await client[name](...given);
      pass(...(shownBy[name] ?? []), ...(given[0]?.forceRefresh ? ["refresh", "refreshedIdToken"] : []));
      return result;
    } catch (error) {
      if (error.code) tellError(error);
      throw error;
    }
  };
  const calls = ["load", "beginLogin", "handleCallback", "accessToken", "fetch", "userInfo", "revoke", "logout"];
  return Object.create(client, Object.fromEntries(calls.map((name) => [name, { value: watched(name) }])));
}

// ── messages ──

/** A message leaves, or has come with the page's URL. Returns the function to call with its answer, if there can be one. */
function begin(message) {
  const { kind } = message;
  // A client that redeems a code has accepted the response, and a client that calls an endpoint has accepted the metadata that
  // name it.
  if (kind === "token" || kind === "handOff") pass("response");
  if (kind !== "metadata" && last("metadata")?.host === hostOf(message)) pass("metadata");
  // A new login: open checks of the login before it stay open.
  if (kind === "authorization" || kind === "response") leaveOpen();

  const seen = look(message, false);
  if (!message.headers) {
    append(stepOf(message, seen));
    return undefined;
  }
  const done = panel.underWay(`${message.method} ${pathOf(message)}`);
  return (answer) => {
    done();
    const answered = { ...message, ...answer, status: answer?.status ?? "no answer" };
    if (kind === "metadata") learn(answer?.got);
    const step = stepOf(answered, { ...seen, ...look(answered, true) });
    if (typeof step.status === "string") leaveOpen(step);
    append(step);
    otherTabs.postMessage({ title: step.title, line: step.line, status: step.status, tone: step.tone });
    const idToken = answer?.got?.id_token;
    if (idToken) appendIdToken(kind === "refresh" ? "refreshedIdToken" : "idToken", idToken);
  };
}

/** The checks that the inspector makes, on a request or on its answer: the outcomes by their names. */
function look(message, isOfAnswer) {
  const made = (checks[message.kind] ?? []).filter((check) => check.seen && Boolean(check.isOfAnswer) === isOfAnswer);
  return Object.fromEntries(made.map(({ id, seen }) => [id, seen(message)]));
}

function stepOf(message, seen = {}) {
  const { kind, method, status, sent, got, headers } = message;
  const authorization = headers?.get("authorization");
  return {
    kind,
    title: titles[kind],
    host: hostOf(message),
    line: `${method} ${pathOf(message)}`,
    status,
    // An answer that nobody is signed in is a normal answer.
    tone: status === "no answer" || (status >= 400 && got?.error !== "no_session") ? "bad" : undefined,
    isRefused: Boolean(got?.error),
    sent: Object.entries({ ...(authorization && { authorization }), ...sent }).map(shown),
    got: Object.entries((kind === "metadata" && got ? told(got) : got) ?? {}).map(shown),
    checks: rowsOf(message, seen),
  };
}

/** A check of the inspector that has nothing to check is left out. */
function rowsOf(message, seen) {
  const isThere = ({ id, seen: look, when }) => (look ? seen[id] !== undefined : !when || when(message));
  return (checks[message.kind] ?? []).filter(isThere).map((check) => ({ ...rowOf(check), state: check.seen && (seen[check.id] ? "passed" : "refused") }));
}

const rowOf = ({ id, text, section }) => ({ id, text, section });

function appendIdToken(kind, token) {
  const got = membersOf(token) ?? {};
  append({ kind, title: titles[kind], line: "from the answer before", sent: [], got: Object.entries(got).map(shown), checks: rowsOf({ kind, got }, {}) });
}

const pathOf = ({ url }) => new URL(url).pathname;
const hostOf = ({ url }) => new URL(url).host;

// ── the client's notifications ──

function tellSession({ status, endedBy, claims, scope, expiresAt }) {
  const facts = { sub: claims?.sub, scope, endedBy, expires: expiresAt && timeOf(expiresAt) };
  const isGood = status === "signed-in";
  append({ title: `Session: ${status}`, line: "", sent: [], tone: isGood ? "good" : undefined, got: present(facts), checks: [] });
}

function tellError(error) {
  const { code, summary, claim, found, expected, hint, oauth } = error;
  // A cancelled navigation is not a failure.
  if (code === "navigation_cancelled") return;
  const isRefresh = steps.indexOf(last("refresh")) > steps.indexOf(last("token"));
  const [kind, check, unmade] = refusedCheck(error, isRefresh) ?? [];
  const refused = kind && refuse(kind, check, unmade);
  leaveOpen();
  const unanswered = ["network_failed", "timed_out"].includes(code);
  const got = present({ ...oauth, error: oauth?.error, summary, claim, found, expected, hint });
  const before = steps.at(-1);
  if (before?.line === code && before.tone === "bad") return;
  append({ title: unanswered ? "No answer" : "Refused", line: code, sent: [], tone: "bad", isOutcome: true, got, checks: refused ? [refused] : [] });
}

const present = (facts) => Object.entries(facts).filter(([, value]) => value !== undefined).map(shown);

// ── checks ──

const last = (kind) => steps.findLast((step) => step.kind === kind);
const isOpen = ({ state }) => !state;

/** The client has made every check of the last message of these kinds. */
function pass(...kinds) {
  for (const step of kinds.map(last)) if (step?.checks.some(isOpen)) change(step, () => "passed");
}

/**
 * A check has refused the last message of this kind: the checks before it were passed, except the `unmade` ones. Returns the
 * step.
 */
function refuse(kind, id, unmade = []) {
  const step = last(kind);
  // The session's end may have said so before the call's error does.
  const known = step?.checks.find((row) => row.id === id && row.state === "refused");
  if (known) return known;
  if (!step?.checks.some(isOpen)) return undefined;
  if (id === undefined) return pass(kind);
  const order = checks[kind].map((check) => check.id);
  const refused = checks[kind].find((check) => check.id === id);
  if (!refused) return undefined;
  if (!step.checks.some((row) => row.id === id)) step.checks.push(rowOf(refused));
  pass(...(shownByRefusalOf[kind] ?? []));
  // The client needs the keys before the first claim.
  if (order.indexOf(id) > 0 && /idToken/i.test(kind)) pass("keys");
  change(step, (row) => {
    if (row.id === id) return "refused";
    return order.indexOf(row.id) < order.indexOf(id) && !unmade.includes(row.id) ? "passed" : undefined;
  });
  step.tone = "bad";
  panel.update(step);
  return step.checks.find((row) => row.id === id);
}

/** Checks that are still open will not be made. */
function leaveOpen(...some) {
  for (const step of some.length ? some : steps) if (step.checks?.some(isOpen)) change(step, () => "not made");
}

/** Sets the state of each open check of `step` to the result of `stateOf`. */
function change(step, stateOf) {
  for (const row of step.checks.filter(isOpen)) row.state = stateOf(row);
  panel.update(step);
  keep();
}

// ── steps ──

function append(step) {
  step.at ??= timeOf(Date.now() / 1000);
  steps.push(step);
  steps.splice(0, steps.length - LONGEST);
  panel.append(step, LONGEST);
  keep();
}

/** If the browser denies storage, the page only forgets its steps. */
function keep() {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ steps, places: endpoints }));
  } catch {}
}

function read() {
  try {
    return sessionStorage.getItem(KEPT);
  } catch {
    return undefined;
  }
}

// The page may have come with a message: by now, everything above exists.
record(begin);
