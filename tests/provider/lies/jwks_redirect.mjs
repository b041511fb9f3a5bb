export default {
  section: "OIDC Core §10.1",
  about: "the JWK Set is elsewhere, and a redirect leads there",
  expect: { error: "network_failed" },
  keysAnswer: (answer, { request, issuer }) =>
    request.query ? answer : { status: 302, headers: { location: `${request.url}?moved` }, body: "" },
};
