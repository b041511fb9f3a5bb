// The features of each entry of the package, and those that it lacks: refused by name, with the entry that has them.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startStage } from "./stage.mjs";

const metadata = {
  issuer: "https://as.example",
  authorization_endpoint: "https://as.example/authorize",
  token_endpoint: "https://as.example/token",
  end_session_endpoint: "https://as.example/end",
  userinfo_endpoint: "https://as.example/me",
};
const backend = { exchangeUrl: "/auth/exchange", beginUrl: "/auth/begin", logoutUrl: "/auth/logout", headers: { "x-app": "1" } };
const loginAtBackend = { loginUrl: "/auth/login", logoutUrl: "/auth/logout" };
const pageTokens = { tokenStore: "memory", allowedOrigins: ["https://api.example"], idTokenSignature: "trust-tls", clockTolerance: 5, trustedAudiences: ["https://other.example"] };
const common = { pkce: "S256", transactionLifetime: 60, requestTimeout: 5, sessionBinding: "b", extraParams: { audience: "a" } };
const server = { postLogoutRedirectUri: "https://app.example/", logoutParams: { logout_uri: "https://app.example/" } };
const restart = { onUnknownTransaction: "restart" };
const ofAll = { idleLimit: 60, endWarning: 5 };
const calls = ["accessToken", "fetch", "userInfo", "revoke", "stepUp"];

/** The minimal configuration of a set, the options that it also accepts, and those that it lacks, with the entry that has them. */
const sets = {
  "wicketgate/handoff": {
    base: { backend },
    has: { ...common, pkce: "off" },
    lacks: [[pageTokens, "wicketgate"], [{ ...server, ...restart, ...ofAll, environment: {}, dpop: "always" }, "wicketgate/all"]],
    lacksCalls: [calls, "wicketgate"],
    exports: ["beginLogin", "createClient", "handleCallback", "isWicketgateError", "worksmart"],
  },
  wicketgate: {
    base: {},
    has: { ...common, ...pageTokens, ...server, ...restart },
    lacks: [[{ backend }, "wicketgate/handoff"], [{ ...ofAll, environment: {}, par: "always", dpop: "always", allowedOrigins: [{ origin: "https://api.example", resource: "urn:api" }] }, "wicketgate/all"]],
    lacksCalls: [[], ""],
    exports: ["beginLogin", "createClient", "handleCallback", "isWicketgateError"],
  },
  "wicketgate/all": {
    base: {},
    has: { ...common, ...pageTokens, ...server, ...restart, ...ofAll, backend, par: "always" },
    lacks: [],
    lacksCalls: [[], ""],
    exports: ["beginLogin", "createClient", "handleCallback", "isWicketgateError", "worksmart"],
  },
};

const named = (entry) => new RegExp(`, which the entry ${entry} has\\.`);

for (const [entry, { base, has, lacks, lacksCalls, exports }] of Object.entries(sets)) {
  for (const name of [entry, `${entry}/streaming`]) {
    test(`${name} exports what its set has`, async () => {
      assert.deepEqual(Object.keys(await import(name)).sort(), exports);
    });
  }

  test(`${entry}: each member that it has is taken, each that it lacks is refused by name`, async (t) => {
    const stage = await startStage({ entry });
    t.after(() => stage.close());
    const tab = await stage.open(t);
    const load = (more) =>
      tab.evaluate(
        async (config) => {
          try {
            await (await app.createClient(config)).load();
          } catch ({ code, message }) {
            return { code, message };
          }
        },
        { clientId: "app", metadata, ...base, ...more },
      );
    for (const [member, value] of Object.entries({ ...has, redirectUri: stage.redirectUri })) assert.equal(await load({ [member]: value }), undefined, member);
    if (lacks.every(([members]) => !members.backend)) assert.equal(await load({ backend: loginAtBackend }), undefined, "backend.loginUrl");
    for (const [members, other] of lacks) {
      for (const [member, value] of Object.entries(members)) {
        const { code, message } = (await load({ [member]: value })) ?? {};
        assert.equal(code, "unsupported_environment", member);
        assert(message.includes(member), message);
        assert.match(message, named(other));
      }
    }
    if (entry !== "wicketgate/all") {
      for (const call of ["loginWithPopup", "loginSilently"]) {
        const lacking = ([config, call]) => app.outcome(async () => (await app.createClient(config))[call]());
        const { code, message } = await tab.run(lacking, [{ clientId: "app", metadata, ...base }, call]).catch((error) => error);
        assert.equal(code, "unsupported_environment", call);
        assert.match(message, named("wicketgate/all"));
      }
    }
    if (!has.backend && base.backend) {
      const { code, message } = await load({ backend: undefined });
      assert.equal(code, "unsupported_environment");
      assert.match(message, named("wicketgate"));
    }

    const [lacking, other] = lacksCalls;
    const outcomes = await tab.evaluate(
      async ([config, calls]) => {
        const client = await app.createClient(config);
        await client.load();
        const argument = { fetch: "https://api.example/", stepUp: new Response() };
        const outcome = async (call) => {
          try {
            await client[call](argument[call]);
          } catch ({ code, message }) {
            return { code, message };
          }
        };
        return Promise.all(calls.map(async (call) => [call, await outcome(call)]));
      },
      [{ clientId: "app", metadata, ...base }, calls],
    );
    assert.equal(outcomes.length, calls.length);
    for (const [call, error] of outcomes) {
      assert.equal(error?.code === "unsupported_environment", lacking.includes(call), `${call}: ${error?.code}`);
      if (lacking.includes(call)) assert.match(error.message, named(other));
    }
  });
}
