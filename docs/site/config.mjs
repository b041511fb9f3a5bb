// The site of the documents: the repository's files, in the places where a visitor expects them.
export default {
  title: "wicketgate",
  description: "Logs people in to single-page apps, with every check that the standards ask for",
  srcDir: "pages",
  outDir: "site",
  cacheDir: "cache",
  cleanUrls: true,
  lastUpdated: false,
  // A broken link fails the build.
  ignoreDeadLinks: [/^https?:\/\/(localhost|127\.0\.0\.1)/],
  markdown: { languageAlias: { no_run: "rust", caddyfile: "nginx" } },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Guides", link: "/docs/guide/" },
      { text: "Reference", link: "/docs/reference/configuration" },
      { text: "Security", link: "/SECURITY" },
    ],
    sidebar: [
      {
        text: "Start",
        items: [
          { text: "What it is", link: "/" },
          { text: "Log in", link: "/docs/guide/login" },
          { text: "Sessions", link: "/docs/guide/sessions" },
          { text: "API calls", link: "/docs/guide/api-calls" },
          { text: "HTTP clients", link: "/docs/guide/http-clients" },
        ],
      },
      { text: "Frameworks", items: ["React", "Vue", "Svelte", "Solid", "Angular", "Next.js", "Rust"].map((text) => ({ text, link: `/docs/guide/${text.toLowerCase().replace(".js", "")}` })) },
      {
        text: "In production",
        items: [
          { text: "The backend", link: "/docs/guide/backend" },
          { text: "Providers", link: "/docs/guide/providers/" },
          { text: "Deploy", link: "/docs/guide/deployment" },
          { text: "Beyond the browser tab", link: "/docs/guide/apps" },
          { text: "Test an app", link: "/docs/guide/testing" },
          { text: "Troubleshooting", link: "/docs/guide/troubleshooting" },
          { text: "Questions", link: "/docs/guide/faq" },
        ],
      },
      { text: "Coming from", items: ["oidc-client-ts", "auth0-spa-js", "msal-browser"].map((text) => ({ text, link: `/docs/guide/from-${text}` })) },
      {
        text: "Reference",
        items: [
          { text: "Configuration", link: "/docs/reference/configuration" },
          { text: "Errors", link: "/docs/reference/errors" },
          { text: "All names", link: "/docs/reference/api/" },
        ],
      },
      {
        text: "Design",
        items: [
          { text: "Rules", link: "/docs/design/rules" },
          { text: "Conformance", link: "/docs/design/conformance" },
          { text: "Sizes", link: "/docs/design/size" },
          { text: "Measurements", link: "/docs/design/measurements" },
        ],
      },
    ],
  },
};
