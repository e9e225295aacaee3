// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"
	"text/template"
)

var page = template.Must(template.New("").Parse(`Vertextune runs on this machine. {{if .Dir}}Everything is kept in {{.Dir}}.{{else}}Everything is thrown away at the end.{{end}}

  functions       {{.URL}}/api/v1/fine-tuning
  inbox bucket    gs://{{.Inbox}}   drop .json or .jsonl files here
  data bucket     gs://{{.Data}}    datasets and reports appear here
  events          topic projects/{{.Project}}/topics/{{.Events}}, with a subscription {{.Events}} to read it by

export STORAGE_EMULATOR_HOST={{.Storage}}
export FIRESTORE_EMULATOR_HOST={{.Firestore}}
export PUBSUB_EMULATOR_HOST={{.PubSub}}
export VERTEX_AI_EMULATOR_HOST={{.Vertex}}
export GOOGLE_CLOUD_PROJECT={{.Project}}
export URL={{.URL}}
{{with .Token}}export TOKEN={{.}}{{else}}# TOKEN must be one of your issuer's, as AUTH_MODE asks for{{end}}

# drop a file into the inbox, and read the report on it
curl -sS --data-binary @{{.File}} -H 'Content-Type: application/json' '{{.Storage}}/upload/storage/v1/b/{{.Inbox}}/o?uploadType=media&name=conversations.json'
curl -sS '{{.Storage}}/storage/v1/b/{{.Data}}/o/drops%2Fconversations.json%2Freport.json?alt=media'

# start a job on a session's messages, or on single messages
curl -sS -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' {{.URL}}/api/v1/fine-tuning/start -d '{"session_id": "{{.Session}}", "hyperparameters": {"epoch_count": 3}}'
curl -sS -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' {{.URL}}/api/v1/fine-tuning/start -d '{"message_ids": ["{{.Message}}"]}'

# watch it (JOB_NAME is the job_name of the answer), and list all jobs
curl -sS -H "Authorization: Bearer $TOKEN" {{.URL}}/api/v1/fine-tuning/job-status/JOB_NAME
curl -sS -H "Authorization: Bearer $TOKEN" {{.URL}}/api/v1/fine-tuning/jobs

# what happened to it, and how to end it
curl -sS -H "Authorization: Bearer $TOKEN" {{.URL}}/api/v1/fine-tuning/jobs/JOB_NAME/events
curl -sS -H "Authorization: Bearer $TOKEN" -X POST {{.URL}}/api/v1/fine-tuning/cancel/JOB_NAME

# convert and check examples
curl -sS -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' {{.URL}}/api/v1/fine-tuning/convert-json -d '{"data": [{{.Example}}], "filename": "one.jsonl"}'
curl -sS -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' {{.URL}}/api/v1/fine-tuning/validate-data -d '{"data": [{{.Example}}]}'

# what else there is
curl -sS {{.URL}}/openapi.json
curl -sS {{.URL}}/health

ready
`))

const example = `{"contents": [{"role": "user", "parts": [{"text": "Hi"}]}, {"role": "model", "parts": [{"text": "Hello!"}]}]}`

// banner prints where everything is and a line to paste for each endpoint.
func (s *system) banner(out io.Writer) {
	var text strings.Builder
	err := page.Execute(&text, map[string]string{
		"URL": s.url, "Inbox": inbox, "Data": data, "Project": project, "Token": s.token, "Dir": s.dir, "Events": events,
		"Storage": s.cloud.StorageURL(), "Firestore": s.cloud.Addresses.Firestore,
		"PubSub": s.cloud.Addresses.PubSub, "Vertex": s.cloud.Addresses.Vertex,
		"File": sampleFile, "Session": sampleSession, "Message": sampleMessage, "Example": example,
	})
	if err != nil {
		panic(err) // the template is a constant
	}
	fmt.Fprint(out, text.String())
}
