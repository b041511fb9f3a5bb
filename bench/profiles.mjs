// The network and the speed of a user's device.
export const profiles = {
  fast: {},
  // 1.6 Mbit/s, 150 ms until an answer begins, and a quarter of the speed.
  slow: { network: { latency: 150, downloadThroughput: 200_000, uploadThroughput: 200_000 }, slowdown: 4 },
};

/** Makes the tab as slow as the profile says. */
export async function slowDown(tab, { network, slowdown }) {
  if (!network) return;
  const session = await tab.context().newCDPSession(tab);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", { offline: false, ...network });
  await session.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
}
