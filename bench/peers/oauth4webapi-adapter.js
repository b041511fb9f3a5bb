// A toolkit: it offers the steps, and the app connects them; here with as little code as possible.
import * as oauth from "oauth4webapi";

const KEY = "oauth4webapi.transaction";

export const adapt = ({ checkSignature }) => async (config) => {
  const client = { client_id: config.clientId };
  const issuer = new URL(config.issuer);
  const server =
    config.metadata ?? (await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer)));
  let tokens;

  async function url() {
    const state = oauth.generateRandomState();
    const nonce = oauth.generateRandomNonce();
    const verifier = oauth.generateRandomCodeVerifier();
    const url = new URL(server.authorization_endpoint);
    url.searchParams.set("client_id", config.clientId);
    url.searchParams.set("redirect_uri", config.redirectUri);
    url.searchParams.set("response_type", "code");
    url.searchParams.set("scope", config.scope);
    url.searchParams.set("state", state);
    url.searchParams.set("nonce", nonce);
    url.searchParams.set("code_challenge", await oauth.calculatePKCECodeChallenge(verifier));
    url.searchParams.set("code_challenge_method", "S256");
    if (config.prompt) url.searchParams.set("prompt", config.prompt);
    sessionStorage.setItem(KEY, JSON.stringify({ state, nonce, verifier }));
    return url.href;
  }

  const keep = (answer) => {
    tokens = { refresh_token: tokens?.refresh_token, ...answer, expiresAt: Date.now() + answer.expires_in * 1000 };
  };

  return {
    url,
    begin: async () => location.assign(await url()),
    async callback(url) {
      const { state, nonce, verifier } = JSON.parse(sessionStorage.getItem(KEY));
      sessionStorage.removeItem(KEY);
      const parameters = oauth.validateAuthResponse(server, client, new URL(url), state);
      const none = oauth.None();
      const response = await oauth.authorizationCodeGrantRequest(server, client, none, parameters, config.redirectUri, verifier);
      const options = { expectedNonce: nonce, requireIdToken: true };
      const answer = await oauth.processAuthorizationCodeResponse(server, client, response, options);
      await checkSignature?.(server, response);
      keep(answer);
      return oauth.getValidatedIdTokenClaims(answer);
    },
    async token() {
      if (tokens.expiresAt < Date.now()) {
        const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), tokens.refresh_token);
        const answer = await oauth.processRefreshTokenResponse(server, client, response);
        await checkSignature?.(server, response);
        keep(answer);
      }
      return tokens.access_token;
    },
    logout() {
      const url = new URL(server.end_session_endpoint);
      url.searchParams.set("id_token_hint", tokens.id_token);
      tokens = undefined;
      location.assign(url);
    },
  };
};
