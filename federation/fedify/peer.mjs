// A server of another make, for the test in fedify_test.go: one person, whose inbox accepts only what Fedify verified. It reads one command a
// line from standard input, {"do": …}, and answers each with one line. Its first line says where it is.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { createFederation, generateCryptoKeyPair, getDocumentLoader, MemoryKvStore, parseNodeInfo } from "@fedify/fedify";
import { Activity, Announce, Create, Endpoints, Follow, Like, Note, Person, PUBLIC_COLLECTION, Undo } from "@fedify/fedify/vocab";
import jsonld from "jsonld";

const [firstKnock] = process.argv.slice(2); // "rfc9421" or "draft-cavage-http-signatures-12"
const name = "helferin";
const documentLoader = getDocumentLoader({ allowPrivateAddress: true });

const federation = createFederation({ kv: new MemoryKvStore(), firstKnock, allowPrivateAddress: true });

const keys = await Promise.all(["RSASSA-PKCS1-v1_5", "Ed25519"].map(generateCryptoKeyPair));

federation
  .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
    if (identifier !== name) return null;
    const pairs = await ctx.getActorKeyPairs(identifier);
    return new Person({
      id: ctx.getActorUri(identifier), preferredUsername: identifier, name: "Helferin", url: ctx.getActorUri(identifier),
      inbox: ctx.getInboxUri(identifier), endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
      publicKey: pairs[0].cryptographicKey, assertionMethods: pairs.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher((_, identifier) => identifier === name ? keys : []);

// What came and was verified, and who waits for it.
const received = [];
let waiting = [];

federation.setInboxListeners("/users/{identifier}/inbox", "/inbox").on(Activity, async (_, activity) => {
  const raw = await activity.toJsonLd({ format: "compact", contextLoader: documentLoader });
  const object = await activity.getObject({ documentLoader, contextLoader: documentLoader, suppressError: true });
  received.push({
    id: activity.id?.href, type: activity.constructor.name, actor: activity.actorId?.href, objectId: activity.objectId?.href,
    objectType: object?.constructor.name, content: object?.content?.toString(), reply: object?.replyTargetId?.href, raw,
  });
  waiting = waiting.filter((look) => !look());
});

const server = createServer(async (request, response) => {
  const body = [];
  for await (const chunk of request) body.push(chunk);
  const answer = await federation.fetch(
    new Request(new URL(request.url, base), { method: request.method, headers: request.headers, body: body.length ? Buffer.concat(body) : undefined }),
    { contextData: undefined },
  );
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const base = new URL(`http://localhost:${server.address().port}`);
const ctx = federation.createContext(base, undefined);
const me = ctx.getActorUri(name);
const signed = await ctx.getDocumentLoader({ identifier: name });

// lost are the terms of a document that its contexts do not define: JSON-LD processing makes blank nodes of them, or drops them.
async function lost(document) {
  const terms = new Set();
  const walk = (value) => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (value && typeof value === "object") {
      for (const type of value["@type"] ?? []) if (type.startsWith("_:")) terms.add(type);
      for (const [key, inner] of Object.entries(value)) {
        if (key.startsWith("_:")) terms.add(key);
        walk(inner);
      }
    }
  };
  walk(await jsonld.expand(document, {
    documentLoader: (url) => documentLoader(url),
    eventHandler: ({ event }) => terms.add(`${event.code}: ${event.details?.property ?? event.details?.value}`),
  }));
  return [...terms];
}

// nodeInfo is what an instance says of itself. Fedify reads it only from public addresses, so the retrieval is ours.
async function nodeInfo(origin) {
  const json = async (url) => (await fetch(url)).json();
  const { links } = await json(new URL("/.well-known/nodeinfo", origin));
  return parseNodeInfo(await json(links.find((link) => link.rel.endsWith("/schema/2.1")).href));
}

let serial = 0;
const newID = (kind) => new URL(`/${kind}/${Date.now()}-${++serial}`, base);

// look reads a document as this server's person.
const look = (iri) => ctx.lookupObject(iri, { documentLoader: signed, contextLoader: documentLoader });

async function send(activity, to) {
  const recipient = await look(to);
  await ctx.sendActivity({ identifier: name }, recipient, activity, { preferSharedInbox: false });
  return { id: activity.id.href };
}

const sent = new Map(); // by id, to undo it

const commands = {
  // What a client of the fediverse would look at first.
  async find({ actor }) {
    const found = await look(actor);
    const finger = await ctx.lookupWebFinger(actor);
    const node = await nodeInfo(new URL(actor).origin);
    const publicKeys = [];
    for await (const key of found.getPublicKeys({ documentLoader: signed, contextLoader: documentLoader })) publicKeys.push(key.id.href);
    return {
      type: found.constructor.name, name: String(found.name), handle: String(found.preferredUsername), inbox: found.inboxId?.href,
      shared: found.endpoints?.sharedInbox?.href, publicKeys, subject: finger?.subject,
      self: finger?.links?.find((link) => link.rel === "self")?.href, software: node?.software?.name, protocols: node?.protocols,
    };
  },
  async read({ iri }) {
    const object = await look(iri);
    return { type: object.constructor.name, name: String(object.name), content: String(object.content), author: object.attributionId?.href };
  },
  async lost({ iri, document }) {
    return { terms: await lost(document ? JSON.parse(document) : (await signed(iri)).document) };
  },
  async follow({ actor }) {
    const follow = new Follow({ id: newID("follow"), actor: me, object: new URL(actor) });
    sent.set(follow.id.href, follow);
    return send(follow, actor);
  },
  async undo({ id, to }) {
    return send(new Undo({ id: newID("undo"), actor: me, object: sent.get(id) }), to);
  },
  async like({ object, to }) {
    return send(new Like({ id: newID("like"), actor: me, object: new URL(object) }), to);
  },
  async boost({ object, to }) {
    return send(new Announce({ id: newID("boost"), actor: me, object: new URL(object), to: PUBLIC_COLLECTION, cc: new URL(to) }), to);
  },
  // A private answer: only the organization may read it.
  async write({ object, to, text }) {
    const note = new Note({ id: newID("note"), attribution: me, content: text, replyTarget: new URL(object), to: new URL(to) });
    await send(new Create({ id: newID("create"), actor: me, object: note, to: new URL(to) }), to);
    return { id: note.id.href };
  },
  // Waits for something that was verified: of a type, about an object or a text.
  async await({ type, has }) {
    const match = () => received.find((r) => r.type === type && JSON.stringify(r).includes(has ?? ""));
    return match() ?? new Promise((resolve) => waiting.push(() => match() && (resolve(match()), true)));
  },
};

console.log(JSON.stringify({ actor: me.href }));
for await (const line of createInterface({ input: process.stdin })) {
  const { do: command, ...args } = JSON.parse(line);
  try {
    console.log(JSON.stringify(await commands[command](args)));
  } catch (error) {
    console.log(JSON.stringify({ error: `${command}: ${error?.stack ?? error}` }));
  }
}
server.close();
server.closeAllConnections();
