import { worksmart, type Claims, type ClientConfig, type LoginOptions } from 'wicketgate/all';

/** The settings that differ between installations: `config.json`, beside the page. */
export interface Installation {
  clientId: string;
  issuer?: string;
  worksmart?: string;
}

export const installation = (): Promise<Installation> => fetch('config.json').then((answer) => answer.json());

/** The provider gives a refresh token only after it has asked the user for consent. */
export const login = ({ worksmart }: Installation): LoginOptions => (worksmart ? {} : { prompt: 'consent' });

export function config({ clientId, issuer, worksmart: baseUrl }: Installation): ClientConfig {
  const redirectUri = `${location.origin}/callback`;
  if (baseUrl) {
    const backend = { exchangeUrl: '/auth/exchange', beginUrl: '/auth/begin', sessionUrl: '/auth/session', logoutUrl: '/auth/logout' };
    return worksmart({ baseUrl, clientId, redirectUri, backend });
  }
  return {
    ...(issuer && { issuer }),
    clientId,
    redirectUri,
    postLogoutRedirectUri: `${location.origin}/`,
    scope: 'openid profile email offline_access',
    tokenStore: 'local',
  };
}

export interface User {
  name?: string;
  email?: string;
}

/** The claims about the user: from the OpenID provider, or from an API that the backend calls for the page. */
export async function whoAmI(auth: { userInfo(): Promise<Claims> }): Promise<User> {
  if (!(await installation()).worksmart) return auth.userInfo() as Promise<User>;
  const answer = await fetch('/api/v1/me');
  if (!answer.ok) throw new Error(`The API answered ${answer.status}.`);
  return answer.json();
}
