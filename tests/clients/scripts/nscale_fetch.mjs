// Node's own fetch against Nscale: an upload as a form, a job to its end, both ways to the model, and cleaning up.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

const { NSCALE_URL, NSCALE_API_TOKEN, ORGANIZATION_ID } = process.env;
const base = `${NSCALE_URL}/api/v1/organizations/${ORGANIZATION_ID}`;
const authorization = `Bearer ${NSCALE_API_TOKEN}`;
const ends = new Set(["completed", "failed", "cancelled"]);

const ask = (path, options = {}) =>
  fetch(`${base}${path}`, { ...options, headers: { authorization, accept: "application/json", ...options.headers } });

const told = async (path, options) => {
  const answer = await ask(path, options);
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};

const sent = (path, body) =>
  told(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });

const digest = async (answer) => createHash("sha256").update(Buffer.from(await answer.arrayBuffer())).digest("hex");

const data = await readFile(process.argv[2], "utf-8");
const form = new FormData();
form.append("file", new Blob([data], { type: "text/csv" }), "train.csv");
const file = await told("/files", { method: "POST", body: form });
const dataset = await sent("/datasets", { name: "data", training_file_id: file.id });
const order = {
  name: "walk",
  base_model_id: (await told("/base-models")).data.find((each) => each.name === "Qwen2-1.5B-Instruct").id,
  dataset: { id: dataset.id, prompt_column: "question", answer_column: "answer" },
};
const { job, estimated_usage: usage } = await sent("/jobs", order);
const statuses = [job.status];
while (!ends.has(statuses.at(-1))) statuses.push((await told(`/jobs/${job.id}`)).status);
const points = (await told(`/jobs/${job.id}/metrics`)).data;

const followed = await ask(`/jobs/${job.id}/download`, { headers: { accept: "*/*" } });
const kept = await ask(`/jobs/${job.id}/download`, { headers: { accept: "*/*" }, redirect: "manual" });
const link = (await told(`/jobs/${job.id}/download`)).download_url;
const back = await fetch((await told(`/files/${file.id}`)).download_url);

const second = (await sent("/jobs", order)).job.id;
const cancelled = await told(`/jobs/${second}/cancel`, { method: "POST" });
const gone = await ask(`/datasets/${dataset.id}`, { method: "DELETE" });
const missing = await ask(`/datasets/${dataset.id}`);

console.log(
  JSON.stringify({
    usage,
    statuses,
    points: points.length,
    followed: [followed.status, followed.redirected, followed.headers.get("content-type")],
    kept: [kept.status, kept.headers.get("location").startsWith(`${NSCALE_URL}/downloads/`)],
    archives: [await digest(followed), await digest(await fetch(link))],
    back: (await back.text()) === data,
    cancelled: cancelled.status,
    gone: [gone.status, await gone.text()],
    missing: [missing.status, await missing.json()],
  }),
);
