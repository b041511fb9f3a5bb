// Silences the provider's advice on start-up, which is for operators and would hide the output of the tests. (A module of its
// own, because it must run before the import of the provider.)
const { warn, info } = console;
const quiet =
  (print) =>
  (text, ...rest) =>
    String(text).includes("oidc-provider ") || print(text, ...rest);

console.warn = quiet(warn);
console.info = quiet(info);
