// The operations that a page performs for the module, by the browser's own means. It treats every string as opaque. It is
// written in JavaScript because the same code through WebAssembly weighs three times as much. `mod.rs` documents the promises
// of each function. Importing this file has no effect.

// ── stores ──

const store = (isOrigin) => (isOrigin ? localStorage : sessionStorage);

export const stored = (isOrigin, key) => store(isOrigin).getItem(key);
export const put = (isOrigin, key, value) => store(isOrigin).setItem(key, value);
export const forget = (isOrigin, key) => store(isOrigin).removeItem(key);
export const storedKeys = () => Object.keys(sessionStorage).join("\n");

// ── requests ──

/** The answer to the request, or to the same request that began before. */
export function answer(url, headers, body, credentials, signal) {
  if (ahead[0] === url) {
    const [, begun, abort] = ahead;
    signal.onabort = abort;
    ahead = [];
    return begun;
  }
  return fetch(url, {
    method: body === undefined ? "GET" : "POST",
    headers: JSON.parse(headers),
    body,
    credentials,
    redirect: "error",
    cache: "no-store",
    referrerPolicy: "no-referrer",
    signal,
  });
}

/** A request that began before the module asked for it: its URL, its answer, and the function that aborts it. */
let ahead = [];

/**
 * Announces a request for JSON that is under way. The function that it returns aborts the request, unless the module has taken
 * it.
 */
export function expect(url, answer, abort) {
  const mine = (ahead = [url, answer, abort]);
  // The caller that has taken a request handles its end.
  const stop = () => {
    if (ahead === mine) {
      ahead = [];
      abort();
    }
  };
  answer.catch(stop);
  return stop;
}

/** Status, content type, milliseconds of `Retry-After`, and body; or, after a failure, whether the request timed out. */
export async function send(url, headers, body, credentials, timeout, longest) {
  let signal;
  try {
    signal = AbortSignal.timeout(timeout);
    return await read(await answer(url, headers, body, credentials, signal), longest);
  } catch {
    // Browsers give a reason only for a timeout, and each names it differently.
    return !!signal?.aborted;
  }
}

/**
 * Status, content type, milliseconds of `Retry-After`, and body. Not `bytes()`, which would never return for a body without end.
 * Chromium's inspector takes a body that is read through a stream for cancelled in a quarter of all cases; never if there is a
 * copy of it, which nobody has to read.
 */
export async function read(response, longest) {
  const { status, headers } = response;
  const retryAfter = headers.get("retry-after");
  // RFC 9110 §10.2.3: seconds, or a date.
  const millis = retryAfter && (/^\d+$/.test(retryAfter) ? retryAfter * 1000 : Date.parse(retryAfter) - Date.now());
  const copy = response.clone();
  const chunks = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let next; reader && !(next = await reader.read()).done; ) {
    length += next.value.length;
    if (length > longest) {
      void reader.cancel();
      void copy.body.cancel();
      throw new RangeError();
    }
    chunks.push(next.value);
  }
  const bytes = new Uint8Array(length);
  for (const chunk of chunks.reverse()) bytes.set(chunk, (length -= chunk.length));
  return [status, headers.get("content-type"), millis, bytes];
}

// ── sealed values ──

export const subtle = () => globalThis.crypto?.subtle;

export const canVerify = () => !!subtle();

export const canSeal = () => canVerify() && !!indexedDB;

const KEYS = "keys";
/** The version of the sealed form. The module does not read another version's. */
const VERSION = "3.";
/** A value that was sealed under one name cannot be opened under another. */
const aes = (iv, name) => ({ name: "AES-GCM", iv, additionalData: encode(name) });
const encode = (text) => new TextEncoder().encode(text);

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** The number of overdue answers of IndexedDB. While there is one, no other call waits. */
let overdue = 0;

/** Runs `work` on the store of keys and marks. A browser may never answer, so this rejects after two seconds. */
export const keeping = (work) =>
  new Promise((resolve, reject) => {
    if (overdue) throw overdue;
    let isLate = 0;
    const timer = setTimeout(() => reject((overdue += isLate = 1)), 2000);
    const settled = () => {
      clearTimeout(timer);
      overdue -= isLate;
    };
    const kept = keep(work);
    kept.then(settled, settled);
    kept.then(resolve, reject);
  });

/** The transactions of that store have one order for all pages. */
async function keep(work) {
  const opening = indexedDB.open("wicketgate", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(KEYS);
  const database = await done(opening);
  try {
    return await done(await work(database.transaction(KEYS, "readwrite").objectStore(KEYS)));
  } finally {
    database.close();
  }
}

let known;

/** The key of this origin, created when it is first needed. No code can extract it from the browser. */
async function sealingKey() {
  const stored = () => keeping((keys) => keys.get(KEYS));
  let key = known ?? (await stored());
  if (!key) {
    const made = await subtle().generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    // If another tab was faster, its key counts.
    key = await keeping((keys) => keys.add(made, KEYS)).then(() => made, stored);
  }
  if (!(key instanceof CryptoKey)) throw new TypeError();
  return (known = key);
}

export async function seal(text, name) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await subtle().encrypt(aes(iv, name), await sealingKey(), encode(text));
  let bytes = "";
  for (const byte of [...iv, ...new Uint8Array(sealed)]) bytes += String.fromCharCode(byte);
  return VERSION + btoa(bytes);
}

/** Rejects if the key is unavailable; undefined if `sealed` is damaged, or was not sealed by this key under `name`. */
export async function unseal(sealed, name) {
  const key = await sealingKey();
  try {
    if (!sealed.startsWith(VERSION)) return;
    const bytes = Uint8Array.from(atob(sealed.slice(VERSION.length)), (character) => character.charCodeAt(0));
    const opened = await subtle().decrypt(aes(bytes.subarray(0, 12), name), key, bytes.subarray(12));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(opened);
  } catch {}
}

export const mark = (name, value) => keeping((marks) => marks.put(value, name));
export const marked = (name) => keeping((marks) => marks.get(name));

const ENDED = "ended";

/** The latest first, and at most thirty-two, so that the record does not grow for ever. It takes at most a second. */
export const end = (login) =>
  Promise.race([
    keeping(async (ended) => ended.put([login, ...((await done(ended.get(ENDED))) ?? [])].slice(0, 32), ENDED)),
    sleep(1000),
  ]);

export const hasEnded = async (login) => (await keeping((ended) => ended.get(ENDED)))?.includes(login);

// ── signatures and hashes ──

/** The key that was imported last: a server signs with the same key for a long time. */
let imported = [];

/** Whether the signature is valid; undefined if the browser does not support the algorithm. Rejects without WebCrypto. */
export async function verify(algorithm, key, signature, signed) {
  // These two are views of the module's memory, which may change before WebCrypto reads them.
  const parts = [signature.slice(), signed.slice()];
  const parameters = JSON.parse(algorithm);
  if (!canVerify()) throw new TypeError();
  try {
    const name = algorithm + key;
    let mine = imported;
    if (mine[0] !== name) {
      imported = mine = [name, await subtle().importKey("jwk", JSON.parse(key), parameters, false, ["verify"])];
    }
    return await subtle().verify(parameters, mine[1], ...parts);
  } catch (reason) {
    return reason.name === "NotSupportedError" ? undefined : false;
  }
}

export const digest = async (hash, bytes) => new Uint8Array(await subtle().digest(hash, bytes.slice()));

// ── other tabs, time, and events that wake a page ──

/** Resolves with the function that releases the lock, once the page holds it. */
export const lock = (name, hold) =>
  new Promise((granted, refused) => {
    const holding = () =>
      new Promise((release) => {
        setTimeout(release, hold);
        granted(release);
      });
    navigator.locks.request(name, { signal: AbortSignal.timeout(hold) }, holding).catch(refused);
  });

export const monotonic = () => performance.now();

export const sleep = (millis) => new Promise((over) => setTimeout(over, millis));

let opened;
const channel = () => (opened ??= new BroadcastChannel("wicketgate"));

export const tell = (message) => channel().postMessage(message);

/**
 * Calls `hear` with the messages of other pages; with nothing if the page may have slept or missed something; and with an empty
 * text if the user had left the page and has come back.
 */
export function listen(hear) {
  // The store's own event comes when this page's copy of the store is up to date. A message may come earlier.
  addEventListener("storage", ({ key }) => hear(key || undefined));
  for (const event of ["online", "pageshow", "visibilitychange"]) {
    addEventListener(event, ({ persisted }) => hear(persisted ? "" : undefined));
  }
  channel().onmessage = ({ data }) => typeof data === "string" && data && hear(data);
}

/** Calls `hear` when the user does something in this page, at most twice in a second. */
export function onActivity(hear) {
  let last = -Infinity;
  const act = () => {
    const now = monotonic();
    if (now - last < 500) return;
    last = now;
    hear();
  };
  // A pointer that lies on a shaking table is no user: only a key, a button, a finger and the wheel count.
  for (const event of ["keydown", "pointerdown", "touchmove", "wheel"]) addEventListener(event, act, { capture: true, passive: true });
}

// ── a login in another window ──

/** The functions that end a wait, by the names of the channels. */
const waits = new Map();

/**
 * Resolves with the first text that another page sends on the channel, or with nothing after `patience` milliseconds. Tells the
 * sender that it was taken; also afterwards for a while, in case that word is lost.
 */
export const receive = (name, patience) =>
  new Promise((resolve) => {
    const channel = new BroadcastChannel(name);
    const end = (message) => {
      clearTimeout(timer);
      waits.delete(name);
      resolve(message);
      setTimeout(() => channel.close(), message ? 2000 : 0);
    };
    const timer = setTimeout(end, patience);
    waits.set(name, end);
    channel.onmessage = ({ data }) => {
      // An empty text is the word that a message was taken.
      if (typeof data !== "string" || !data) return;
      channel.postMessage("");
      end(data);
    };
  });

export const stopReceiving = (name) => waits.get(name)?.();

/** Resolves with whether another page has taken the message. It is sent again and again, because that page may be asleep. */
export const handOver = (name, message, patience) =>
  new Promise((resolve) => {
    const channel = new BroadcastChannel(name);
    const send = () => channel.postMessage(message);
    const timers = [setInterval(send, 250), setTimeout(() => end(false), patience)];
    const end = (isTaken) => {
      timers.forEach(clearInterval);
      channel.close();
      resolve(isTaken);
    };
    channel.onmessage = ({ data }) => data === "" && end(true);
    send();
  });

export const closeWindow = () => close();

// ── the page ──

/** Whether there is a page. It does not check the class of `window`, which a simulated page takes from another realm. */
export const isPage = () => typeof window === "object";

export const pageUrl = () => location.href;

/** The app's own history state stays. Throws if the browser refuses. */
export const replacePageUrl = (url) => history.replaceState(history.state, "", url);

const STEP = 250;

/**
 * Resolves when the page stays or the user has come back to it; rejects if the URL cannot be gone to. Browsers with a
 * Navigation API report a cancelled navigation. No browser reports one that became a download or a 204: after
 * `patience` milliseconds the navigation is ended, so that it cannot take the user away later.
 */
export async function leave(url, patience) {
  let isBack, away;
  const listening = new AbortController();
  // If the page was still loading, the event also comes once for the load itself.
  addEventListener("pageshow", ({ persisted }) => (isBack ||= persisted), listening);
  // A change of the page's own address is told as the end of a navigation that goes on.
  const onNavigate = ({ destination, signal }) => (away = destination.sameDocument ? undefined : signal);
  window.navigation?.addEventListener("navigate", onNavigate, listening);
  try {
    location.assign(url);
    const isOver = () => isBack || away?.aborted;
    // In steps: time stands still in the dialog that asks whether to leave, and the user may take long.
    for (let left = patience; left > 0 && !isOver(); left -= STEP) await sleep(STEP);
    isOver() || stop();
  } finally {
    listening.abort();
  }
}

/** Parses `url` as the URL standard says, and serializes it. */
export function href(url, base) {
  try {
    return new URL(url, base).href;
  } catch {}
}

// ── promises ──

let onFault;

/** Sets the handler that is called when a trap has ended the module. */
export const setOnFault = (handler) => {
  onFault = handler;
};

/** Calls `reaction` with whether `promise` was fulfilled, and with its value or reason. A trap in it is a fault. */
export const react = (promise, reaction) => {
  promise.then((value) => reaction(true, value), (reason) => reaction(false, reason)).catch(onFault);
};
