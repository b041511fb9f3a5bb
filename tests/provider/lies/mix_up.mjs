export default {
  section: "RFC 9700 §4.4",
  about: "the server forwards the authorization request to the honest one, to get its code",
  expect: { error: "issuer_mismatch" },
  authorizationAnswer: (answer, { honest, request }) => ({
    ...answer,
    headers: { location: `${honest}/authorize?${request.query}` },
  }),
};
