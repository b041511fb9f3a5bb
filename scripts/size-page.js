// A page that uses all exports of the package: its size is the price for an app.
import { beginLogin, createClient, handleCallback, isWicketgateError } from "wicketgate";

globalThis.page = async (config) => {
  const client = await createClient(config);
  client.subscribe(console.log);
  try {
    if (client.isCallback()) await client.handleCallback();
    await client.load();
    return [client.metadata, client.session(), await client.accessToken(), client.authorizationUrl(), await client.userInfo()];
  } catch (error) {
    if (!isWicketgateError(error)) throw error;
    const answer = await client.fetch("https://api.example/me");
    if (client.stepUp(answer)) await client.beginLogin(client.stepUp(answer));
    await client.revoke();
    await client.logout();
    await client.beginLogin();
  }
};
globalThis.shortcuts = [(config) => beginLogin(config), (config) => handleCallback(config)];
