// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"
	"text/template"
)

var page = template.Must(template.New("").Parse(`Vertextune runs on this machine. {{if .Dir}}All data are kept in {{.Dir}}.{{else}}All data are deleted when it stops.{{end}}

  console         {{.URL}}/console
{{with .Token}}  signed in       {{$.URL}}/console/sign-in#token={{.}}
{{end}}  functions       {{.URL}}/api/v1/fine-tuning
  inbox bucket    gs://{{.Inbox}}   drop .json or .jsonl files here
  data bucket     gs://{{.Data}}    datasets and reports appear here
  events          topic projects/{{.Project}}/topics/{{.Events}}, and the subscription {{.Events}} to read them

# Google's own clients reach the services with these variables. Set them for single commands only: if you
# export them, the next local command uses these services too.
# STORAGE_EMULATOR_HOST={{.Storage}} FIRESTORE_EMULATOR_HOST={{.Firestore}}
# PUBSUB_EMULATOR_HOST={{.PubSub}} VERTEX_AI_EMULATOR_HOST={{.Vertex}}

# first, the addresses and the token that the lines below use
export VT_URL={{.URL}}
export VT_STORAGE={{.Storage}}
{{with .Token}}export VT_TOKEN={{.}}{{else}}# export VT_TOKEN=a token of your issuer, as AUTH_MODE asks for{{end}}

# drop a file into the inbox, and read the report on it
curl -sS --data-binary @{{.File}} -H 'Content-Type: application/json' "$VT_STORAGE/upload/storage/v1/b/{{.Inbox}}/o?uploadType=media&name=conversations.json"
curl -sS "$VT_STORAGE/storage/v1/b/{{.Data}}/o/drops%2Fconversations.json%2Freport.json?alt=media"

# ask what a job on a session's messages would do and cost; nothing is created
{{.Post}}/start -d '{"session_id": "{{.Session}}", "hyperparameters": {"epoch_count": 3}, "dry_run": true}'

# start it, or start a job on single messages
{{.Post}}/start -d '{"session_id": "{{.Session}}", "hyperparameters": {"epoch_count": 3}}'
{{.Post}}/start -d '{"message_ids": ["{{.Message}}"]}'

# list all jobs, and watch one (replace JOB_NAME with the last part of a job_name)
{{.Get}}/jobs
{{.Get}}/job-status/JOB_NAME

# list the events of a job, see its losses and where its data come from, and cancel the job
{{.Get}}/jobs/JOB_NAME/events
{{.Get}}/jobs/JOB_NAME/metrics
{{.Get}}/lineage/JOB_NAME
{{.Get}}/cancel/JOB_NAME -X POST

# compare the tuned model of a job with its base (the job needs validation data, such as from "validation_split": 0.3)
{{.Post}}/evaluations -d '{"job_name": "JOB_NAME"}'
{{.Get}}/evaluations/EVALUATION_ID

# ask what the same job on the successor of its base model would do and cost
{{.Post}}/retune -d '{"job_name": "JOB_NAME", "dry_run": true}'

# make the tuned model of a job the active version of a model, see the active version, and go back
{{.Post}}/models/MODEL_ID/promote -d '{"job_name": "JOB_NAME"}'
{{.Get}}/models/MODEL_ID
{{.Get}}/models/MODEL_ID/rollback -X POST

# convert and check examples
{{.Post}}/convert-json -d '{"data": [{{.Example}}], "filename": "one.jsonl"}'
{{.Post}}/validate-data -d '{"data": [{{.Example}}]}'

# list the models, and read the API's description
curl -sS -H "Authorization: Bearer $VT_TOKEN" "$VT_URL/api/v1/fine-tuning/models?status=tunable"
curl -sS "$VT_URL/openapi.json"
curl -sS "$VT_URL/health"

# the same jobs for OpenAI's clients: the address is $VT_URL/v1, and the key is the token
curl -sS -H "Authorization: Bearer $VT_TOKEN" "$VT_URL/v1/models"

ready
`))

// The pasted lines that call the api begin with these constants.
const (
	get  = `curl -sS -H "Authorization: Bearer $VT_TOKEN" $VT_URL/api/v1/fine-tuning`
	post = `curl -sS -H "Authorization: Bearer $VT_TOKEN" -H 'Content-Type: application/json' $VT_URL/api/v1/fine-tuning`
)

const example = `{"contents": [{"role": "user", "parts": [{"text": "Hi"}]}, {"role": "model", "parts": [{"text": "Hello!"}]}]}`

// banner prints the addresses and buckets, and for each endpoint a line to paste.
func (s *system) banner(out io.Writer) {
	var text strings.Builder
	err := page.Execute(&text, map[string]string{
		"URL": s.url, "Inbox": inbox, "Data": data, "Project": project, "Token": s.token, "Dir": s.dir, "Events": events,
		"Storage": s.cloud.StorageURL(), "Firestore": s.cloud.Addresses.Firestore,
		"PubSub": s.cloud.Addresses.PubSub, "Vertex": s.cloud.Addresses.Vertex,
		"File": sampleFile, "Session": sampleSession, "Message": sampleMessage, "Example": example, "Get": get, "Post": post,
	})
	if err != nil {
		panic(err) // the template is a constant
	}
	fmt.Fprint(out, text.String())
}
