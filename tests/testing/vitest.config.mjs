// Run by the Vitest of examples/testing. It is not installed here, so its functions are globals.
const project = (environment) => ({ test: { name: environment, environment, globals: true, include: ["*.vitest.mjs"] } });

export default {
  root: import.meta.dirname,
  cacheDir: "../../target/vitest",
  test: { projects: [project("jsdom"), project("happy-dom")] },
};
