// The official Node SDK walks from a file in parts to a deleted model. Its published package brings no tests, so this
// stands in for them. It gets the server's address and a key, and prints what it saw as one line of JSON.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI, { NotFoundError, toFile } from "openai";

const POLLS_MAX = 30;
const [baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({ apiKey, baseURL, maxRetries: 0, timeout: 20_000 });
const seen = {};

const rows = Array.from({ length: 20 }, (_, n) =>
  JSON.stringify({ messages: [{ role: "user", content: `${n}?` }, { role: "assistant", content: `${n}!` }] }),
);
const dataset = Buffer.from(rows.join("\n") + "\n");

// Where the job's end is told: the first delivery is kept, whole.
const told = [];
const receiver = createServer(async (request, response) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  told.push({ headers: request.headers, body: Buffer.concat(pieces).toString() });
  response.end();
  receiver.emit("told");
});
receiver.listen(0, "127.0.0.1");
await once(receiver, "listening");
const { signing_secret: secret } = await client.post("/webhook_endpoints", {
  body: {
    name: "ends",
    url: `http://127.0.0.1:${receiver.address().port}/`,
    event_types: ["fine_tuning.job.succeeded"],
  },
});

// A file in two parts, cut within a line, the second part sent first.
const upload = await client.uploads.create({
  bytes: dataset.length,
  filename: "training.jsonl",
  mime_type: "text/jsonl",
  purpose: "fine-tune",
});
const cut = 777;
const second = await client.uploads.parts.create(upload.id, { data: await toFile(dataset.subarray(cut), "b") });
const first = await client.uploads.parts.create(upload.id, { data: await toFile(dataset.subarray(0, cut), "a") });
const completed = await client.uploads.complete(upload.id, { part_ids: [first.id, second.id] });
assert.equal(completed.status, "completed");
assert.equal(await (await client.files.content(completed.file.id)).text(), dataset.toString());

// A stream has no length: it is sent in chunks.
const folder = mkdtempSync(join(tmpdir(), "walk-"));
writeFileSync(join(folder, "validation.jsonl"), dataset);
const validation = await client.files.create({
  file: createReadStream(join(folder, "validation.jsonl")),
  purpose: "fine-tune",
});
rmSync(folder, { recursive: true });
assert.equal(validation.bytes, dataset.length);

let job = await client.fineTuning.jobs.create({
  model: "gpt-4o-mini",
  training_file: completed.file.id,
  validation_file: validation.id,
  suffix: "walk",
  method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 2 } } },
});
seen.created = job.status;

async function until(reached) {
  for (let polls = 0; polls < POLLS_MAX && !reached(job); polls += 1) job = await client.fineTuning.jobs.retrieve(job.id);
  assert.ok(reached(job), `it is still ${job.status}`);
}
await until((job) => job.status === "running");
await client.fineTuning.jobs.pause(job.id);
for (let polls = 0; polls < 3; polls += 1) job = await client.fineTuning.jobs.retrieve(job.id);
seen.paused = job.status;
seen.resumed = (await client.fineTuning.jobs.resume(job.id)).status;
await until((job) => job.finished_at !== null);
seen.finished = job.status;

seen.messages = [];
for await (const event of client.fineTuning.jobs.listEvents(job.id, { limit: 10 })) seen.messages.push(event.message);
const checkpoints = [];
for await (const each of client.fineTuning.jobs.checkpoints.list(job.id)) checkpoints.push(each);
seen.steps = checkpoints.map((each) => each.step_number);
assert.equal(checkpoints[0].fine_tuned_model_checkpoint, job.fine_tuned_model);

const result = await (await client.files.content(job.result_files[0])).text();
seen.table = Buffer.from(result, "base64").toString().trim().split("\n");

seen.model = (await client.models.retrieve(job.fine_tuned_model)).id;
assert.ok((await client.models.delete(seen.model)).deleted);
await assert.rejects(client.models.retrieve(seen.model), NotFoundError);

if (!told.length) await once(receiver, "told", { signal: AbortSignal.timeout(15_000) });
const event = await client.webhooks.unwrap(told[0].body, told[0].headers, secret);
seen.told = [event.type, event.data.id === job.id];
await assert.rejects(client.webhooks.unwrap(told[0].body + " ", told[0].headers, secret));

receiver.close();
receiver.closeAllConnections();
console.log(JSON.stringify(seen));
