export default {
  section: "OIDC Core §10.1",
  about: "the header has no kid, and none of two suitable keys signed",
  expect: { error: "id_token_invalid" },
  header: ({ kid, ...header }) => header,
  keys(list, { keys, publicJwk, alg }) {
    const another = publicJwk(keys["p256-2"], alg);
    return [another, { ...another, kid: "p256-3" }];
  },
};
