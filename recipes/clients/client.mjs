// A whole walk with nothing but Node 18 or later: upload, create, poll to the end, events, checkpoints, download.
//
//   OPENAI_BASE_URL=http://127.0.0.1:8080/v1 OPENAI_API_KEY=any-key node client.mjs
//
// With the openai package it is `new OpenAI()`, which reads the same two variables.

import { setTimeout as sleep } from "node:timers/promises";

const POLLS_MAX = 300;
const WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight"];
const { OPENAI_BASE_URL: base, OPENAI_API_KEY: key } = process.env;
// Seconds between two looks: short for an emulator; the real service asks for 15.
const POLL_S = Number(process.env.POLL_S || "0.2");

/** Give the answer to a request; throw what the server says where it refuses. */
async function ask(path, options = {}) {
  const headers = { authorization: `Bearer ${key}`, ...options.headers };
  const answer = await fetch(base.replace(/\/$/, "") + path, { ...options, headers }).catch(({ message, cause }) => {
    throw new Error(`${base} does not answer: ${cause?.message || cause?.code || message}`);
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

const json = async (path, options) => (await ask(path, options)).json();

/** Upload a small data set; give the file. */
function uploaded() {
  const rows = WORDS.map((word) => ({
    messages: [{ role: "user", content: `Say ${word}` }, { role: "assistant", content: word }],
  }));
  const form = new FormData();
  form.append("purpose", "fine-tune");
  form.append("file", new Blob(rows.map((row) => `${JSON.stringify(row)}\n`)), "training.jsonl");
  return json("/files", { method: "POST", body: form });
}

/** Give a job at its end. */
async function ended(id) {
  for (let poll = 0; poll < POLLS_MAX; poll += 1) {
    const job = await json(`/fine_tuning/jobs/${id}`);
    if (["succeeded", "failed", "cancelled"].includes(job.status)) return job;
    await sleep(POLL_S * 1000);
  }
  throw new Error(`the job ${id} has not ended after ${POLLS_MAX} looks`);
}

/** Give what a job came to, in a line. */
async function walk() {
  if (!base || !key) {
    throw new Error("OPENAI_BASE_URL takes a URL such as http://127.0.0.1:8080/v1, OPENAI_API_KEY any text");
  }
  if (!(POLL_S >= 0)) throw new Error(`POLL_S: got ${process.env.POLL_S}; it takes seconds, such as 15`);
  const file = await uploaded();
  const order = { model: "Qwen/Qwen3-4B", training_file: file.id, hyperparameters: { lora: true } };
  const headers = { "content-type": "application/json" };
  const created = await json("/fine_tuning/jobs", { method: "POST", headers, body: JSON.stringify(order) });
  const job = await ended(created.id);
  if (job.status !== "succeeded") throw new Error(`the job ${job.id} is ${job.status}`);

  const events = (await json(`/fine_tuning/jobs/${job.id}/events?limit=100`)).data;
  const checkpoints = (await json(`/fine_tuning/jobs/${job.id}/checkpoints`)).data;
  const result = await (await ask(`/files/${checkpoints[0].result_files[0]}/content`)).arrayBuffer();
  const made = `${events.length} events, ${checkpoints.length} checkpoints`;
  return `${job.status}: ${made}, a first file of ${result.byteLength} bytes`;
}

try {
  console.log(await walk());
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
