export default {
  section: "RFC 9449 §8",
  needs: "dpop",
  about: "the server demands another nonce each time",
  expect: { error: "token_request_failed" },
  metadata: (document) => ({ ...document, dpop_signing_alg_values_supported: ["ES256"] }),
  instead: (_, { place, request }) => {
    if (place !== "token") return undefined;
    const sent = Number(nonceOf(request)?.split("-")[1] ?? 0);
    // Whoever asks a third time is believed, and then the lie is accepted.
    if (sent === 2) return undefined;
    return {
      status: 400,
      headers: { "content-type": "application/json", "dpop-nonce": `nonce-${sent + 1}` },
      body: '{"error":"use_dpop_nonce"}',
    };
  },
};

const nonceOf = ({ headers }) => JSON.parse(Buffer.from(headers.dpop.split(".")[1], "base64url")).nonce;
