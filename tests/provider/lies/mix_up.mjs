export default {
  section: "RFC 9700 §4.4",
  about: "the server passes the authorization request on to the honest one, and hopes to be sent its code",
  expect: { error: "issuer_mismatch" },
  authorizationAnswer: (answer, { honest, request }) => ({
    ...answer,
    headers: { location: `${honest}/authorize?${request.query}` },
  }),
};
