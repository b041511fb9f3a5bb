// A page that logs in with the function of one provider, as the test's configuration says.
import { createClient } from "wicketgate/all";
import * as providers from "wicketgate/providers";

window.open = async (name, options) => {
  window.client = await createClient(providers[name](options));
  if (client.isCallback()) await client.handleCallback();
  return client.session();
};
