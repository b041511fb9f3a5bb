/**
 * A server with a user in front of it, functions that attach it to a page, a record of the requests, and failures on demand.
 */
import { failing } from "./failing.js";
import { type FailureName, failures } from "./failures.js";
import { saying } from "./hooks.js";
import { generateKey, importKey, random } from "./keys.js";
import type { Place, ProviderRequest, ProviderResponse, User } from "./messages.js";
import { type Site, install, pageOrigin, restore, staysHere } from "./page.js";
import { route } from "./route.js";
import { Server } from "./server.js";
import type { FailOptions, FakeProvider, FakeProviderOptions, RecordedRequest } from "./types.js";

const ada: User = { sub: "ada", name: "Ada Lovelace", email: "ada@example.com" };

/** An OpenID provider with one client, a public one. Each call creates a new provider with its own keys. */
export async function fakeProvider(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  const { issuer = "https://login.test", clientId = "my-app", user = ada, algorithm = "ES256" } = options;
  const { scope = "openid profile email offline_access" } = options;
  const redirectUris = texts(options.redirectUri ?? callbackOfPage());
  const postLogoutRedirectUris = texts(options.postLogoutRedirectUri ?? redirectUris.map((uri) => `${new URL(uri).origin}/`));
  const [redirectUri, postLogoutRedirectUri] = [redirectUris[0], postLogoutRedirectUris[0]];
  if (redirectUri === undefined) throw new TypeError("fakeProvider: redirectUri is empty");
  const lifetimes = { code: 60, accessToken: 3600, idToken: 3600, refreshToken: 86_400, ...options.lifetimes };
  const registration = { issuer, clientId, redirectUris, postLogoutRedirectUris, lifetimes };
  const key = options.key ? importKey(algorithm, options.key) : generateKey(algorithm);
  const server = new Server(registration, user, await key);

  const requests: RecordedRequest[] = [];
  /** The latest failure comes first. */
  const told: Told[] = [];
  const departures = queue<string>();

  async function respond(request: ProviderRequest): Promise<ProviderResponse | undefined> {
    const place = server.placeOf(request);
    const context = { request, place, now: server.now(), algorithm };
    // The browser itself sends preflights. A failure applies to the request that follows.
    if (request.method === "OPTIONS") return server.answer(request, place, saying([], context));
    const failure = takeFailure(told, place);
    const say = saying([options.hooks, failure && failing[failure.name]], context);
    const recorded: Recorded = { ...request, place, parameters: parametersIn(request), failure: failure?.name, status: undefined };
    requests.push(recorded);
    const answer = await carried(failure, () => server.answer(request, place, say));
    recorded.status = answer?.status;
    return answer;
  }

  const site: Site = { origin: new URL(issuer).origin, respond, leave: departures.add };

  const provider: FakeProvider = {
    issuer,
    clientId,
    config: Object.freeze({
      issuer,
      clientId,
      redirectUri,
      scope,
      ...(postLogoutRedirectUri !== undefined && { postLogoutRedirectUri }),
      sessionBinding: random(),
    }),
    get user() {
      return server.user;
    },
    set user(user) {
      server.user = user;
    },
    requests,

    install() {
      install(site);
      return provider;
    },
    restore: () => restore(site),
    async route(target) {
      await route(target, site.origin, respond);
      return provider;
    },
    respond,

    async authorize(url) {
      const answer = await respond({ method: "GET", url: String(url), headers: {}, body: "" });
      const location = answer?.headers["location"];
      if (location === undefined) throw new Error(`${issuer} sends nobody back: ${answer?.body}`);
      return location;
    },
    async login(client, options) {
      await client.load();
      return client.handleCallback(await provider.authorize(client.authorizationUrl(options)));
    },
    async comeBack() {
      if (!staysHere(site)) throw new Error("comeBack: no page is installed that stays when it would leave; use login, or route");
      return provider.authorize(await departures.next());
    },

    fail(name, options) {
      const failure = tell(name, options);
      told.unshift(failure);
      return () => failure.end();
    },
    recover() {
      for (const failure of told.splice(0)) failure.end();
    },
    advance(seconds) {
      server.ahead += seconds;
    },
    async rotateKeys() {
      server.key = await generateKey(algorithm);
    },
  };
  return provider;
}

/** Filled in when there is an answer. */
type Recorded = { -readonly [Name in keyof RecordedRequest]: RecordedRequest[Name] };

/** A failure that a test has demanded. */
interface Told {
  readonly name: FailureName;
  readonly at: readonly string[];
  /** The number of requests that will still fail. */
  times: number;
  readonly over: Promise<void>;
  end(): void;
}

function tell<Name extends FailureName>(name: Name, { at, times = Infinity }: FailOptions<Name> = {}): Told {
  const possible = Object.keys(failures[name] ?? {});
  const places = at === undefined ? possible : [at].flat().map(String);
  const impossible = places.find((place) => !possible.includes(place));
  if (possible.length === 0) throw new TypeError(`fail: there is no failure "${name}"`);
  if (impossible !== undefined) throw new TypeError(`fail: "${name}" can be at ${possible.join(", ")}, not at ${impossible}`);
  let resolve = () => {};
  const over = new Promise<void>((settle) => (resolve = settle));
  return {
    name,
    at: places,
    times,
    over,
    end() {
      this.times = 0;
      resolve();
    },
  };
}

function takeFailure(told: readonly Told[], place: Place | undefined): Told | undefined {
  const failure = told.find(({ at, times }) => times > 0 && place !== undefined && at.includes(place));
  if (failure) failure.times -= 1;
  return failure;
}

/** The answer to a request when the way to the provider, or the way back, fails. */
async function carried(
  failure: Told | undefined,
  answer: () => Promise<ProviderResponse>,
): Promise<ProviderResponse | undefined> {
  switch (failure?.name) {
    case "network loss":
      return undefined;
    case "lost answer":
      await answer();
      return undefined;
    case "slow":
      await failure.over;
      return answer();
    case "no cors":
      return unreadable(await answer());
    default:
      return answer();
  }
}

/** The answer without the headers that let a page of another origin read it. */
function unreadable({ headers, ...answer }: ProviderResponse): ProviderResponse {
  return { ...answer, headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("access-control-"))) };
}

/** The parameters of the query, or of the posted form. */
function parametersIn({ method, url, body }: ProviderRequest): Record<string, string> {
  return Object.fromEntries(method === "GET" ? new URL(url).searchParams : new URLSearchParams(body));
}

function callbackOfPage(): string {
  const origin = pageOrigin();
  if (origin === undefined) throw new TypeError("fakeProvider: outside a page it needs a redirectUri");
  return `${origin}/callback`;
}

const texts = (values: string | URL | readonly (string | URL)[]) => (Array.isArray(values) ? values : [values]).map(String);

/** A queue: each item is taken once, in order, and a reader waits for the next item. */
function queue<T>() {
  const items: T[] = [];
  const waiting: ((item: T) => void)[] = [];
  return {
    add(item: T): void {
      const first = waiting.shift();
      if (first) first(item);
      else items.push(item);
    },
    next(): Promise<T> {
      const first = items.shift();
      return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first);
    },
  };
}
