export default {
  section: "OIDC Discovery §4.2",
  about: "the metadata is elsewhere, and a redirect leads there",
  expect: { error: "network_failed" },
  when: "connect",
  metadataAnswer: (answer, { request, issuer }) =>
    request.query
      ? answer
      : { status: 302, headers: { location: `${issuer}/.well-known/openid-configuration?moved` }, body: "" },
};
