import { worksmart, type Claims, type ClientConfig, type LoginOptions } from "wicketgate/all";

const { VITE_ISSUER, VITE_CLIENT_ID, VITE_WORKSMART } = import.meta.env;
const redirectUri = () => `${location.origin}/callback`;

/** A function, because only a browser has a `location`. */
export const config = (): ClientConfig => (VITE_WORKSMART ? behindBackend() : openid());

/** The provider gives a refresh token only after it has asked the user for consent. */
export const login: LoginOptions = VITE_WORKSMART ? {} : { prompt: "consent" };

const openid = (): ClientConfig => ({
  issuer: VITE_ISSUER,
  clientId: VITE_CLIENT_ID,
  redirectUri: redirectUri(),
  postLogoutRedirectUri: `${location.origin}/`,
  scope: "openid profile email offline_access",
  tokenStore: "local",
});

const behindBackend = (): ClientConfig =>
  worksmart({
    baseUrl: VITE_WORKSMART,
    clientId: VITE_CLIENT_ID,
    redirectUri: redirectUri(),
    backend: { exchangeUrl: "/auth/exchange", beginUrl: "/auth/begin", sessionUrl: "/auth/session", logoutUrl: "/auth/logout" },
  });

export interface User {
  name?: string;
  email?: string;
}

/** The claims about the user: from the OpenID provider, or from an API that the backend calls for the page. */
export async function whoAmI(auth: { userInfo(): Promise<Claims> }): Promise<User> {
  if (!VITE_WORKSMART) return auth.userInfo() as Promise<User>;
  const answer = await fetch("/api/v1/me");
  if (!answer.ok) throw new Error(`The API answered ${answer.status}.`);
  return answer.json();
}
