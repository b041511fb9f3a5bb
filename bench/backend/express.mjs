// express-openid-connect with its session in a cookie, in front of a proxy that attaches the access token.
import http from "node:http";
import express from "express";
import openid from "express-openid-connect";

const { PORT, ISSUER, API } = process.env;
const api = new URL(API);
const agent = new http.Agent({ keepAlive: true });
const app = express();
app.use(
  openid.auth({
    authorizationParams: { response_type: "code", scope: "openid" },
    authRequired: true,
    baseURL: `http://127.0.0.1:${PORT}`,
    clientID: "app",
    clientSecret: "secret-of-the-bench-app-which-is-long",
    issuerBaseURL: ISSUER,
    secret: "a secret of thirty-two bytes or more",
  }),
);
app.use((request, response) => {
  const headers = { accept: request.headers.accept ?? "*/*", authorization: `Bearer ${request.oidc.accessToken.access_token}` };
  const forwarded = http.request({ agent, host: api.hostname, port: api.port, method: request.method, path: request.url, headers }, (answer) => {
    response.writeHead(answer.statusCode, { "content-type": answer.headers["content-type"] });
    answer.pipe(response);
  });
  forwarded.on("error", () => response.writeHead(502).end());
  request.pipe(forwarded);
});
app.listen(Number(PORT), "127.0.0.1", () => console.log("listening"));
