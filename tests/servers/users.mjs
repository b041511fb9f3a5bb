// The users that the servers know.
export const users = [
  { sub: "ada", password: "wicket", name: "Ada Lovelace", email: "ada@example.com" },
  { sub: "grace", password: "wicket", name: "Grace Hopper", email: "grace@example.com" },
];

export const findUser = (sub) => users.find((user) => user.sub === sub);

export function checkPassword(username, password) {
  const user = findUser(username);
  return user?.password === password ? user : undefined;
}
