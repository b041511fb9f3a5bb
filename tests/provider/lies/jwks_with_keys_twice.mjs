export default {
  section: "RFC 8259 §4",
  about: "the JWK Set has the member keys twice",
  expect: { error: "invalid_metadata" },
  keysAnswer: (answer) => ({ ...answer, body: answer.body.replace("{", '{"keys":[],') }),
};
