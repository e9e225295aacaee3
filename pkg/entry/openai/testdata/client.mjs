// Drives the official client of npm. The Go test has started the service; it reads the last line.
import assert from "node:assert/strict";
import OpenAI, { toFile } from "openai";

const client = new OpenAI({ maxRetries: 1 });
const line = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}\n';
const create = (text, name = "chat.jsonl") =>
  client.files.create({ file: new File([text], name), purpose: "fine-tune" });
const refused = (promise, type, status, code, param = null) =>
  assert.rejects(promise, (e) => {
    assert.ok(e instanceof type, `${e}`);
    assert.deepEqual([e.status, e.code, e.param], [status, code, param], e.message);
    assert.ok(e.requestID && e.message);
    return true;
  });

// Files
const file = await client.files.waitForProcessing((await create(line.repeat(20))).id);
assert.equal(file.status, "processed");
assert.equal(await (await client.files.content(file.id)).text(), line.repeat(20));
const streamed = await client.files.create({ file: await toFile((async function* () { yield Buffer.from(line); })(), "s.jsonl"), purpose: "fine-tune" });
assert.equal(streamed.status, "processed");
const bad = await create(`{"messages": [{"role": "robot", "content": "x"}]}\n`);
assert.equal(bad.status, "error");
assert.match(bad.status_details, /First: file\[0\]/);
const seen = [];
for await (const f of client.files.list({ limit: 2, purpose: "fine-tune" })) seen.push(f.id);
assert.deepEqual([...seen].sort(), [file.id, streamed.id, bad.id].sort());
assert.equal((await client.files.delete(bad.id)).deleted, true);
await refused(client.files.create({ file: await toFile(Buffer.from(line), "x.jsonl"), purpose: "batch" }), OpenAI.BadRequestError, 400, "invalid_purpose", "purpose");

// Uploads
const upload = await client.uploads.create({ bytes: line.length * 2, filename: "u.jsonl", mime_type: "application/jsonl", purpose: "fine-tune" });
const parts = await Promise.all([0, 1].map(() => client.uploads.parts.create(upload.id, { data: new File([line], "part") })));
const whole = await client.uploads.complete(upload.id, { part_ids: parts.map((p) => p.id) });
assert.equal(whole.file.status, "processed");
const dropped = await client.uploads.create({ bytes: 1, filename: "u.jsonl", mime_type: "application/jsonl", purpose: "fine-tune" });
assert.equal((await client.uploads.cancel(dropped.id)).status, "cancelled");

// Jobs
const model = "gemini-3.1-flash-lite";
const body = { model, training_file: file.id, suffix: "n", metadata: { Team: "Big Words" }, integrations: null,
  method: { type: "supervised", supervised: { hyperparameters: { n_epochs: "auto" } } } };
const [job, same] = await Promise.all([client.fineTuning.jobs.create(body), client.fineTuning.jobs.create(body)]);
assert.equal(job.id, same.id);
let now = job;
while (!["succeeded", "failed", "cancelled"].includes(now.status)) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  now = await client.fineTuning.jobs.retrieve(job.id);
}
assert.equal(now.status, "succeeded");
assert.equal(now.model, model);
for await (const m of client.fineTuning.jobs.list({ metadata: { Team: "Big Words" } })) assert.equal(m.id, job.id);
const messages = [];
for await (const e of client.fineTuning.jobs.listEvents(job.id, { limit: 1 })) messages.push(e.message);
assert.ok(messages.includes("The job was created."));
const checkpoints = [];
for await (const c of client.fineTuning.jobs.checkpoints.list(job.id, { limit: 1 })) checkpoints.push(c.step_number);
assert.ok(checkpoints.length > 1);
await refused(client.fineTuning.jobs.cancel(job.id), OpenAI.ConflictError, 409, "conflict");
await refused(client.fineTuning.jobs.pause(job.id), OpenAI.BadRequestError, 400, "unsupported");
await refused(client.fineTuning.jobs.create({ ...body, model: "gpt-4o-mini" }), OpenAI.BadRequestError, 400, "model_of_openai", "model");
const other = await client.fineTuning.jobs.create({ ...body, suffix: "m" });
await client.fineTuning.jobs.cancel(other.id);

// Models and errors
const models = [];
for await (const m of client.models.list()) models.push(m.id);
assert.ok(models.includes(model) && models.includes(now.fine_tuned_model));
assert.equal((await client.models.retrieve(now.fine_tuned_model)).id, now.fine_tuned_model);
await refused(client.chat.completions.create({ model: now.fine_tuned_model, messages: [] }), OpenAI.BadRequestError, 400, "call_vertex_ai");
await refused(client.fineTuning.jobs.retrieve("ftjob-x"), OpenAI.NotFoundError, 404, "not_found");
await refused(new OpenAI({ apiKey: "sk-wrong" }).models.list(), OpenAI.AuthenticationError, 401, "invalid_token");
console.log("succeeded", now.fine_tuned_model);
