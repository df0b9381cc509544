// The openai package for Node, 4 and 7: the walk of a pipeline. Usage: node openai_node.mjs DATA

import { createReadStream, readFileSync } from "node:fs";
import OpenAI from "openai";
import { VERSION } from "openai/version";

const ENDS = ["succeeded", "failed", "cancelled"];
const client = new OpenAI();
const data = process.argv[2];

/** Delete what a pager or a list names; the name of the call changed with 5. */
const gone = (resource, id) => (resource.delete ?? resource.del).call(resource, id);

/** Gather what a pager gives, page after page. */
async function all(pager) {
  const items = [];
  for await (const item of pager) items.push(item);
  return items;
}

const file = await client.files.create({ file: createReadStream(data), purpose: "fine-tune" });
const ready = await client.files.waitForProcessing(file.id, { pollInterval: 50, maxWait: 20_000 });
const content = await (await client.files.content(file.id)).text();

const { jobs } = client.fineTuning;
let job = await jobs.create({
  model: "gpt-4o-mini",
  training_file: file.id,
  suffix: "walk",
  seed: 7,
  method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 4 } } },
});
const statuses = [job.status];
while (!ENDS.includes(job.status)) {
  job = await jobs.retrieve(job.id);
  statuses.push(job.status);
}

const table = Buffer.from(await (await client.files.content(job.result_files[0])).text(), "base64").toString();
const model = job.fine_tuned_model;
const chat = await client.chat.completions.create({
  model,
  messages: [{ role: "user", content: "What is 3?" }],
  temperature: 0,
});
const pieces = await all(
  await client.chat.completions.create({ model, messages: [{ role: "user", content: "What is 4?" }], stream: true }),
);
const seen = {
  version: VERSION,
  file: [ready.filename, ready.status, content === readFileSync(data, "utf-8")],
  statuses,
  tuned: model,
  trained_tokens: job.trained_tokens,
  messages: (await all(jobs.listEvents(job.id, { limit: 7 }))).map((event) => event.message),
  checkpoints: (await all(jobs.checkpoints.list(job.id))).map((each) => [
    each.step_number,
    each.fine_tuned_model_checkpoint,
    each.metrics.train_loss,
  ]),
  table: table.trimEnd().split("\n").map((line) => line.split(",")),
  reply: chat.choices[0].message.content,
  streamed: pieces.map((piece) => piece.choices[0].delta.content ?? "").join(""),
  listed: (await all(client.models.list())).some((each) => each.id === model),
  deleted: [(await gone(client.models, model)).deleted, (await gone(client.files, file.id)).deleted],
  gone: await client.models.retrieve(model).then(() => null, ({ status, code }) => [status, code]),
};

const another = await client.files.create({ file: createReadStream(data), purpose: "fine-tune" });
const { id } = await jobs.create({ model: "gpt-4o-mini", training_file: another.id });
const cancelled = await jobs.cancel(id);
seen.cancelled = [cancelled.status, cancelled.fine_tuned_model];
seen.jobs = (await all(jobs.list({ limit: 1 }))).map((each) => each.status);
seen.files = (await all(client.files.list({ limit: 1 }))).map((each) => each.purpose);
console.log(JSON.stringify(seen));
