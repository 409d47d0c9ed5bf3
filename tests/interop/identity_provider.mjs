// An OpenID Connect provider on 127.0.0.1 with the people given; prints its address when it is up.
// Arguments: port, our address, people as JSON {subject: claims}.
import Provider from "oidc-provider";

const [port, client, people] = [process.argv[2], process.argv[3], JSON.parse(process.argv[4])];
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: "worklist",
    client_secret: "a secret of worklist and the provider",
    redirect_uris: [`${client}/sign-in/provider/return`],
    post_logout_redirect_uris: [`${client}/sign-in`],
  }],
  claims: { openid: ["sub"], profile: ["name", "preferred_username", "groups"], email: ["email"] },
  findAccount: (_context, sub) => sub in people && {
    accountId: sub,
    claims: () => ({ sub, ...people[sub] }),
  },
  pkce: { required: () => true },
  cookies: { keys: ["a key that signs the cookies of a test"] },
});
provider.listen(Number(port), "127.0.0.1", () => console.log(issuer));
