// What a page does for the module, by the browser's own means. How, never whether: nothing here knows what the strings
// mean that it is given. It is JavaScript because that is what browsers speak: the same through WebAssembly weighs three
// times as much. `mod.rs` says what each function promises; nothing happens when this is imported.

// ── stores ──

const store = (isOrigin) => (isOrigin ? localStorage : sessionStorage);

export const stored = (isOrigin, key) => store(isOrigin).getItem(key);
export const put = (isOrigin, key, value) => store(isOrigin).setItem(key, value);
export const forget = (isOrigin, key) => store(isOrigin).removeItem(key);
export const storedKeys = () => Object.keys(sessionStorage).join("\n");

// ── requests ──

const request = (url, headers, body, credentials, signal) =>
  fetch(url, {
    method: body === undefined ? "GET" : "POST",
    headers,
    body,
    credentials,
    redirect: "error",
    cache: "no-store",
    referrerPolicy: "no-referrer",
    signal,
  });

/** A request that began before the module asked for it: its URL, its answer, and what ends it. */
let ahead = [];

/** Begins a request for JSON which the module will send as soon as it is there. What it gives ends that request. */
export function askAhead(url) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const mine = (ahead = [url, request(url, { accept: "application/json" }, undefined, "omit", controller.signal), abort]);
  // Of one that was taken, who has it sees to the end.
  const stop = () => {
    if (ahead === mine) {
      ahead = [];
      abort();
    }
  };
  mine[1].catch(stop);
  return stop;
}

/** Status, content type, milliseconds of `Retry-After`, and body; or else whether it was the time that ran out. */
export async function send(url, headers, body, credentials, timeout, longest) {
  let signal;
  try {
    signal = AbortSignal.timeout(timeout);
    let answer;
    if (ahead[0] === url) {
      [, answer, signal.onabort] = ahead;
      ahead = [];
    }
    const response = await (answer ?? request(url, JSON.parse(headers), body, credentials, signal));
    const retryAfter = response.headers.get("retry-after");
    // RFC 9110 §10.2.3: seconds, or a date.
    const millis = retryAfter && (/^\d+$/.test(retryAfter) ? retryAfter * 1000 : Date.parse(retryAfter) - Date.now());
    return [response.status, response.headers.get("content-type"), millis, await read(response.body, longest)];
  } catch {
    // Of everything but this, a browser says no more than that it failed; and not each names this by the same name.
    return !!signal?.aborted;
  }
}

/** Not `bytes()`: a body without end would be read to its end. */
async function read(stream, longest) {
  const chunks = [];
  let length = 0;
  const reader = stream?.getReader();
  for (let next; reader && !(next = await reader.read()).done; ) {
    length += next.value.length;
    if (length > longest) {
      void reader.cancel();
      throw new RangeError();
    }
    chunks.push(next.value);
  }
  const bytes = new Uint8Array(length);
  for (const chunk of chunks.reverse()) bytes.set(chunk, (length -= chunk.length));
  return bytes;
}

// ── what is kept sealed ──

const subtle = () => globalThis.crypto?.subtle;

export const canVerify = () => !!subtle();

export const canSeal = () => canVerify() && !!indexedDB;

const KEYS = "keys";
/** The form of what is sealed: another version's is none. */
const VERSION = "2.";
const aes = (iv) => ({ name: "AES-GCM", iv });

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Does `work` on the store of keys and marks, whose transactions are in one order for all pages. */
async function keeping(work) {
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

/** The key of this origin; made when it is asked for first. It cannot be taken out of the browser. */
async function sealingKey() {
  const stored = () => keeping((keys) => keys.get(KEYS));
  let key = known ?? (await stored());
  if (!key) {
    const made = await subtle().generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    // Where another tab was faster, its key is the one.
    key = await keeping((keys) => keys.add(made, KEYS)).then(() => made, stored);
  }
  if (!(key instanceof CryptoKey)) throw new TypeError();
  return (known = key);
}

export async function seal(text) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await subtle().encrypt(aes(iv), await sealingKey(), new TextEncoder().encode(text));
  let bytes = "";
  for (const byte of [...iv, ...new Uint8Array(sealed)]) bytes += String.fromCharCode(byte);
  return VERSION + btoa(bytes);
}

/** Rejects where the key cannot be had; undefined where `sealed` is not what it seals, or damaged. */
export async function unseal(sealed) {
  const key = await sealingKey();
  try {
    if (!sealed.startsWith(VERSION)) return;
    const bytes = Uint8Array.from(atob(sealed.slice(VERSION.length)), (character) => character.charCodeAt(0));
    const opened = await subtle().decrypt(aes(bytes.subarray(0, 12)), key, bytes.subarray(12));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(opened);
  } catch {}
}

export const mark = (name, value) => keeping((marks) => marks.put(value, name));
export const marked = (name) => keeping((marks) => marks.get(name));

const ENDED = "ended";

/** The latest first; thirty-two, so that what is remembered does not grow for ever. It keeps nobody for longer than a second. */
export const end = (login) =>
  Promise.race([
    keeping(async (ended) => ended.put([login, ...((await done(ended.get(ENDED))) ?? [])].slice(0, 32), ENDED)),
    sleep(1000),
  ]);

export const hasEnded = async (login) => (await keeping((ended) => ended.get(ENDED)))?.includes(login);

// ── signatures and hashes ──

/** The key that was imported last: a server signs with the same one for a long time. */
let imported = [];

/** Whether the signature is right; undefined where the browser does not have the algorithm. Rejects without WebCrypto. */
export async function verify(algorithm, key, signature, signed) {
  // These two are views of the module's memory, which does not wait.
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

// ── other tabs, time, and what wakes a page ──

/** Gives what lets the lock go, once it is held. */
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
 * Calls `hear` with what others say, with nothing where the page may have slept or missed something, and with an empty text
 * where the user had left it.
 */
export function listen(hear) {
  // The store's own event comes when this page's copy of it is up to date, which a message may come before.
  addEventListener("storage", ({ key }) => hear(key || undefined));
  for (const event of ["online", "pageshow", "visibilitychange"]) {
    addEventListener(event, ({ persisted }) => hear(persisted ? "" : undefined));
  }
  channel().onmessage = ({ data }) => typeof data === "string" && data && hear(data);
}

// ── the page ──

/** Whether there is one: not by its class, which a simulated page has of another world. */
export const isPage = () => typeof window === "object";

export const pageUrl = () => location.href;

/** The app's own history state stays. Throws where the browser refuses. */
export const replacePageUrl = (url) => history.replaceState(history.state, "", url);

/** Resolves only if the user comes back and the browser had kept the page; rejects where it is not left. */
export const leave = (url) =>
  new Promise((back) => {
    location.assign(url);
    // It comes once for the page itself where that was still loading.
    addEventListener("pageshow", ({ persisted }) => persisted && back());
  });

/** Parses `url` as the URL standard says, and serializes it. */
export function href(url, base) {
  try {
    return new URL(url, base).href;
  } catch {}
}

// ── promises ──

let onFault;

/** What is called when the module has ended by a trap. */
export const setOnFault = (handler) => {
  onFault = handler;
};

/** Calls `reaction` with whether `promise` was fulfilled, and with what. A trap in it is a fault. */
export const react = (promise, reaction) => {
  promise.then((value) => reaction(true, value), (reason) => reaction(false, reason)).catch(onFault);
};
