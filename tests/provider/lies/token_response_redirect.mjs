export default {
  section: "RFC 9700 §4.12",
  about: "the token endpoint redirects the code and the verifier to another place",
  expect: { error: "network_failed" },
  tokenAnswer: (answer, { issuer }) => ({ status: 307, headers: { location: `${issuer}/elsewhere` }, body: "" }),
};
