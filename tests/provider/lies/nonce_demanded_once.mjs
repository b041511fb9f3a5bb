export default {
  section: "RFC 9449 §8",
  needs: "dpop",
  about: "the server demands a nonce, and has not looked at the code",
  expect: { accepted: true },
  metadata: (document) => ({ ...document, dpop_signing_alg_values_supported: ["ES256"] }),
  instead: (_, { place, request }) =>
    place === "token" && !nonceOf(request)
      ? {
          status: 400,
          headers: { "content-type": "application/json", "dpop-nonce": "nonce-1" },
          body: '{"error":"use_dpop_nonce"}',
        }
      : undefined,
};

const nonceOf = ({ headers }) => JSON.parse(Buffer.from(headers.dpop.split(".")[1], "base64url")).nonce;
