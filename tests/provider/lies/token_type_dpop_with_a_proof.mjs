export default {
  section: "RFC 9449 §5",
  needs: "dpop",
  about: "token_type is DPoP, and the request had a proof",
  expect: { accepted: true },
  metadata: (document) => ({ ...document, dpop_signing_alg_values_supported: ["ES256"] }),
  tokenResponse: (body, { request }) => ({ ...body, token_type: request.headers.dpop ? "DPoP" : "mac" }),
};
