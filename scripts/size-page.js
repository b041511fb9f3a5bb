// A page that uses everything the package exports: what it weighs is what an app pays.
import { beginLogin, createClient, handleCallback, isWicketgateError, worksmart } from "wicketgate";

const config = worksmart({ clientId: "app", backend: { exchangeUrl: "/login" } });

globalThis.page = async () => {
  const client = await createClient(config);
  client.subscribe(console.log);
  try {
    if (client.isCallback()) await client.handleCallback();
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
globalThis.shortcuts = [() => beginLogin(config), () => handleCallback(config)];
