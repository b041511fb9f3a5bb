/**
 * A login in a popup or in a hidden frame; only in the entry `wicketgate/all`. This file opens, watches and closes the window or
 * the frame. The module decides everything else: which response is the right one, how long to wait, and how a wait ends.
 */
import { wicketgateError } from "./errors.js";
import type { Client, LoginOptions, LoginResult, PopupOptions } from "./types.js";

/** The module's calls, by the numbers that `src/js.rs` gives them. */
export const enum Ask { StopWaiting = 16 }
export const enum Run { BeginElsewhere = 16, BeginSilently, AnswerElsewhere }

/** What `npm/client.ts` offers to this file. */
export interface Core {
  /** Begins a login, and resolves with its `state` and its URL, on two lines. */
  begin(what: Run, options: LoginOptions): Promise<string>;
  /** Waits for the response to the login with this `state`, and handles it. */
  answer(state: string): Promise<LoginResult>;
  /** Ends that wait. False if the response is there already. */
  stop(state: string): boolean;
  aborted(): unknown;
}

export type Elsewhere = Pick<Client, "loginWithPopup" | "loginSilently">;

/** How often a popup is looked at, in milliseconds. */
const INTERVAL = 250;

/** How long a page that is not the redirect URI's may stay in the frame, in milliseconds: it may be on its way to another one. */
const STAY = 3000;

export function elsewhere(core: Core): Elsewhere {
  /** Ends the wait for the popup before. */
  let overtake = (): void => {};

  /**
   * Begins a login, and waits for its response. `show` gets the URL. `end` ends the wait, unless the response is there: then the
   * outcome of the login counts. Without a reason, the module's own counts.
   */
  function login(what: Run, options: LoginOptions, show: (url: string) => void) {
    let state: string | undefined;
    let isEnded = false;
    let reject!: (reason: unknown) => void;
    const ended = new Promise<never>((_, rejectIt) => (reject = rejectIt));
    const end = (reason?: unknown): void => {
      if (isEnded || (state !== undefined && !core.stop(state))) return;
      isEnded = true;
      if (reason) reject(reason);
    };
    async function run(): Promise<LoginResult> {
      const [begun, url] = (await core.begin(what, options)).split("\n") as [string, string];
      state = begun;
      if (isEnded) core.stop(state);
      else show(url);
      return core.answer(state);
    }
    return { end, outcome: Promise.race([ended, run()]) };
  }

  async function loginWithPopup({ features = centred(), signal, ...options }: PopupOptions = {}): Promise<LoginResult> {
    if (signal?.aborted) throw core.aborted();
    // Before anything that waits: a browser opens a window only for the click itself.
    const popup = open("about:blank", "_blank", features);
    if (!popup) {
      throw wicketgateError(
        "popup_blocked",
        "The browser did not open the popup.",
        "Call loginWithPopup() in the handler of a click, before anything is awaited; or log in by redirect.",
      );
    }
    // The user clicks again if nothing is left of a popup that this page cannot see any more.
    overtake();
    let isSent = false;
    let isRelated = false;
    const { end, outcome } = login(Run.BeginElsewhere, options, (url) => {
      isSent = true;
      // The answer comes without it, and a page of the server must not be able to lead this page elsewhere.
      popup.opener = null;
      popup.location.replace(url);
    });
    const abort = () => end(core.aborted());
    overtake = abort;
    signal?.addEventListener("abort", abort);
    /** Whether the popup shows another page than the empty one. If it is another origin's, it must not be looked at. */
    const hasLeft = () => {
      try {
        return popup.location.href !== "about:blank";
      } catch {
        return true;
      }
    };
    // A popup that Cross-Origin-Opener-Policy has cut off counts as closed, too. It was closed if it belonged to this page while
    // it showed a page of the server, and if the user is back here: a later page of the server may still cut it off.
    const timer = setInterval(() => {
      if (!popup.closed) isRelated = isSent && hasLeft();
      else if (!isSent || (isRelated && document.hasFocus())) end(closed());
    }, INTERVAL);
    try {
      return await outcome;
    } finally {
      if (overtake === abort) overtake = () => {};
      clearInterval(timer);
      signal?.removeEventListener("abort", abort);
      popup.close();
    }
  }

  async function loginSilently(options: LoginOptions = {}): Promise<LoginResult> {
    const frame = document.createElement("iframe");
    let timer: ReturnType<typeof setTimeout> | undefined;
    let server = "";
    const { end, outcome } = login(Run.BeginSilently, options, (url) => {
      server = new URL(url).origin;
      frame.src = url;
      document.body.append(frame);
    });
    frame.hidden = true;
    frame.title = "Login";
    frame.referrerPolicy = "no-referrer";
    // Nothing in the frame can navigate this page or open a window.
    frame.setAttribute("sandbox", "allow-forms allow-same-origin allow-scripts");
    frame.onload = () => {
      clearTimeout(timer);
      try {
        // The page at the redirect URI hands the response over as soon as it can.
        void frame.contentWindow!.location.href;
      } catch {
        timer = setTimeout(end, STAY);
      }
    };
    const onViolation = ({ effectiveDirective, blockedURI }: SecurityPolicyViolationEvent) => {
      if (server && effectiveDirective === "frame-src" && blockedURI.startsWith(server)) end();
    };
    document.addEventListener("securitypolicyviolation", onViolation);
    try {
      return await outcome;
    } finally {
      clearTimeout(timer);
      document.removeEventListener("securitypolicyviolation", onViolation);
      frame.remove();
    }
  }

  return { loginWithPopup, loginSilently };
}

const closed = () =>
  wicketgateError(
    "popup_closed",
    "The user closed the popup before the login was finished.",
    "Offer the login button again.",
    true,
  );

/** A window in the middle of this one. */
function centred(): string {
  const [width, height] = [480, 640];
  const left = Math.round(screenX + (outerWidth - width) / 2);
  const top = Math.round(screenY + (outerHeight - height) / 2);
  return `popup,width=${width},height=${height},left=${left},top=${top}`;
}
