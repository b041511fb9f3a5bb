// The provider's advice on start-up is for those who deploy it. Here it would only hide what matters.
// (A module of its own, because it has to run before the provider is imported.)
const { warn, info } = console;
const quiet =
  (print) =>
  (text, ...rest) =>
    String(text).includes("oidc-provider ") || print(text, ...rest);

console.warn = quiet(warn);
console.info = quiet(info);
