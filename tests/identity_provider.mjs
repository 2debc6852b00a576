// A certified OpenID provider for tests, whose people, clients, keys and faults they set.
//
// POST /control takes JSON: any of `accounts`, `clients`, `away`, `fault`; `keys` makes
// new ones. `away` is a status, "slow", or "no JSON"; `fault` has `claims` that the ID
// tokens get, or `drop`, names of claims that they lose, signed with the right key or,
// with `stranger`, with another one; `token` is put in the place of an ID token.

import { createServer } from 'node:http';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { SignJWT, decodeJwt, decodeProtectedHeader, importJWK } from 'jose';
import Provider from 'oidc-provider';

const BACKCHANNEL = 'http://schemas.openid.net/event/backchannel-logout';
const state = { accounts: {}, clients: [], away: null, fault: null, asked: {} };
let provider, handle, keys;

function newKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = privateKey.export({ format: 'jwk' });
  return { ...jwk, kid: randomUUID(), use: 'sig', alg: 'ES256' };
}

async function signed(claims, key, kid, typ) {
  const header = { alg: 'ES256', kid, ...(typ && { typ }) };
  return new SignJWT(claims).setProtectedHeader(header).sign(await importJWK(key, 'ES256'));
}

async function faulty(token) {
  if (state.fault.token !== undefined) return state.fault.token;
  const claims = { ...decodeJwt(token), ...state.fault.claims };
  for (const name of state.fault.drop ?? []) delete claims[name];
  const { kid } = decodeProtectedHeader(token);
  return signed(claims, state.fault.stranger ? newKey() : keys[0], kid);
}

function build() {
  provider = new Provider(issuer, {
    clients: state.clients.map((client) => ({
      grant_types: ['authorization_code'],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
      ...client,
    })),
    jwks: { keys },
    cookies: { keys: ['of tests'] },
    claims: {
      openid: ['sub', 'sid'],
      email: ['email', 'email_verified'],
      profile: ['name'],
      groups: ['groups'],
    },
    scopes: ['openid', 'profile', 'email', 'groups'],
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => {
          ctx.body = `<!doctype html><title>Sign out</title>${form}<button form="op.logoutForm" name="logout" value="yes">Yes, sign me out</button>`;
        },
      },
    },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    findAccount: (ctx, sub) =>
      state.accounts[sub] && {
        accountId: sub,
        claims: () => ({ sub, ...state.accounts[sub] }),
      },
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    async loadExistingGrant(ctx) {
      const { client, session } = ctx.oidc;
      const grant = new provider.Grant({
        clientId: client.clientId,
        accountId: session.accountId,
      });
      grant.addOIDCScope('openid profile email groups');
      await grant.save();
      return grant;
    },
    // Its own refuses to call this machine.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    async renderError(ctx, out) {
      ctx.type = 'txt';
      ctx.body = `${out.error}: ${out.error_description}`;
    },
    ttl: { Session: 3600, Interaction: 3600, Grant: 3600, AccessToken: 600, IdToken: 600 },
  });
  provider.use(async (ctx, next) => {
    await next();
    if (state.fault && ctx.body?.id_token) ctx.body.id_token = await faulty(ctx.body.id_token);
    if (state.fault?.sub && ctx.path === '/me') ctx.body.sub = state.fault.sub;
  });
  handle = provider.callback();
}

async function read(request) {
  let text = '';
  for await (const part of request) text += part;
  return text;
}

async function control(request, response) {
  const wanted = JSON.parse((await read(request)) || '{}');
  let said = { asked: state.asked };
  if (wanted.logout_token) {
    const claims = {
      iss: issuer,
      iat: Math.floor(Date.now() / 1000),
      exp: Math.floor(Date.now() / 1000) + 120,
      jti: randomUUID(),
      events: { [BACKCHANNEL]: {} },
      ...wanted.logout_token,
    };
    for (const name in claims) if (claims[name] === null) delete claims[name];
    const key = wanted.stranger ? newKey() : keys[0];
    said = { token: await signed(claims, key, keys[0].kid, 'logout+jwt') };
  }
  for (const name of ['accounts', 'clients', 'away', 'fault']) {
    if (name in wanted) state[name] = wanted[name];
  }
  if (wanted.reset) state.asked = {};
  if (wanted.keys) keys = [newKey()];
  if (wanted.keys || wanted.clients) build();
  response.end(JSON.stringify(said));
}

async function interact(request, response) {
  const details = await provider.interactionDetails(request, response);
  if (request.method === 'POST') {
    const accountId = new URLSearchParams(await read(request)).get('login');
    const result = accountId
      ? { login: { accountId } }
      : { error: 'access_denied', error_description: 'the person cancelled' };
    return provider.interactionFinished(request, response, result);
  }
  response.setHeader('Content-Type', 'text/html');
  const hint = details.params.login_hint ?? '';
  return response.end(
    `<!doctype html><title>Acme login</title><h1>Acme login</h1><form method="post">` +
      `<label>Who <input name="login" data-hint="${hint}" autofocus></label>` +
      `<button>Continue</button></form>`,
  );
}

async function answer(request, response) {
  const path = request.url.split('?')[0];
  if (path === '/control') return control(request, response);
  state.asked[path] = (state.asked[path] ?? 0) + 1;
  if (state.away === 'slow') return undefined;
  if (state.away === 'no JSON') return response.end('<h1>Maintenance</h1>');
  if (state.away) {
    response.statusCode = state.away;
    return response.end('{}');
  }
  if (path.startsWith('/interaction/')) return interact(request, response);
  return handle(request, response);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(String(error.stack));
  });
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
keys = [newKey()];
build();
console.log(`\n${issuer}`);
// It ends with the tests.
process.stdin.resume().on('end', () => process.exit());
