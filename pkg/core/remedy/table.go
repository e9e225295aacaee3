// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package remedy

import "github.com/vertextune/vertextune/pkg/core/lazyregexp"

// Patterns for words, in the form in which Google's messages contain them.
const (
	account = `(?P<account>[\w.-]+@[\w.-]+)`
	object  = "[`']?(?P<object>[\\w./:@=-]+)[`']?"
)

func re(pattern string) *lazyregexp.Regexp { return lazyregexp.New(`(?i)` + pattern) }

// table lists all known errors; special ones come before general ones.
var table = []row{
	// Errors of this service.
	{
		code: "PREPARATION_ABORTED", reason: "PREPARATION_ABORTED",
		sentence: "The training data could not be prepared: each of several attempts ended before its result was recorded, mostly for lack of memory.",
		fix:      "Start again with less data at a time: fewer messages, or a smaller file. If the data is small already, try again, and look into the logs of this service.",
	},

	// Errors in the dataset.
	{
		code: "DATASET_NOT_JSONL", field: re(`(training|validation)_dataset_uri$`), message: re(`GCS object of type JSONL`),
		sentence: "${field} must be a JSONL file in Cloud Storage.", fix: "Give a gs:// URI whose name ends in .jsonl, or the messages to train on.",
	},
	{
		code: "DATASET_MISSING", field: re(`_dataset_uri$`), message: re(`object ` + object + ` does not exist`),
		sentence: "The dataset ${object} does not exist any more.", fix: "Start again: every start writes its dataset anew.",
	},
	{
		code: "UNSUPPORTED_MODALITY", service: Vertex, message: re(`example (?P<what>\d+ of \d+) contains an unsupported modality \[(?P<field>[^\]]+)\]`),
		sentence: "${model} cannot be tuned on data of the kind \"${field}\", which example ${what} holds. Vertex AI names the first such example only.",
		fix:      "Take such examples out, or tune another model: GET /api/v1/fine-tuning/models lists what each takes.",
	},
	{
		code: "VALIDATION_TOO_LARGE", service: Vertex, message: re(`validation (dataset|file).*(exceed|larger|too (large|big|many))`),
		sentence: "The validation file is too large for this training file.", fix: "Set \"validation_split\": 0.1, or give a smaller validation file.",
	},
	{
		code: "DATASET_INVALID", service: Vertex, codes: []int32{invalidArgument}, message: re(`dataset example (?P<what>\d+ of \d+)`),
		sentence: "Vertex AI cannot read example ${what} of the dataset.", fix: "POST /api/v1/fine-tuning/validate-data names every fault, with its place.",
	},
	{
		code: "NO_USABLE_EXAMPLES", service: Vertex, message: re(`no usable examples`),
		sentence: "Vertex AI dropped every example of the dataset.", fix: "Read the reasons in dropped_examples of the job's status; mostly the examples are too long.",
	},

	// Errors about the model and its settings.
	{
		code: "ADAPTER_SIZE", message: re(`adapter size is not supported`),
		sentence: "${model} does not take this adapter_size.", fix: "GET /api/v1/fine-tuning/models lists the sizes; leave adapter_size out to use the default.",
	},
	{
		code: "OPEN_MODEL_NAME", message: re(`invalid open source publisher model`),
		sentence: "${model} is not the name of an open model.", fix: "Write PUBLISHER/FAMILY@VERSION, as GET /api/v1/fine-tuning/models does.",
	},
	{
		code: "MODEL_NOT_FOUND", codes: []int32{notFound}, message: re("publisher model `?[^`]*/models/(?P<model>[^`\\s]+?)`? (was )?not found"),
		sentence: "Vertex AI does not know ${model} here: it is retired, misspelt, or not offered in the region ${location}.",
		fix:      "Use a base model that GET /api/v1/fine-tuning/models?status=tunable lists.",
	},
	{
		code: "ENDPOINT_NOT_FOUND", codes: []int32{notFound}, message: re("endpoint `?(?P<what>projects/[^`\\s]+?)`? not found"),
		sentence: "The host that was called has no endpoint ${what}. Usually the host does not match the location of the endpoint.",
		fix:      "Use the call that the job's status gives: models of a multi-region are served by aiplatform.us.rep.googleapis.com or aiplatform.eu.rep.googleapis.com.",
	},
	{
		code: "CMEK", codes: []int32{failedPrecondition, invalidArgument}, message: re(`(customer-managed encryption|CMEK|encryption keys?\b).*(not supported|unsupported)`),
		sentence: "${model} cannot be tuned with a key of your own here.", fix: "Leave kms_key_name out, or tune a model that takes one, in a region.",
	},
	{
		code: "LOCATION_GLOBAL", codes: []int32{failedPrecondition, invalidArgument}, message: re("(not supported|unsupported).*\\bglobal\\b|\\bglobal\\b.*(not supported|unsupported)"),
		sentence: "${model} cannot be tuned in the location global.", fix: "Set GOOGLE_CLOUD_LOCATION to a region that GET /api/v1/fine-tuning/models gives for the model, such as us-central1.", operator: true,
	},
	{
		code: "LOCATION_NOT_SUPPORTED", codes: []int32{failedPrecondition, invalidArgument}, message: re("not supported in (location|region) `?(?P<location>[\\w-]+)"),
		sentence: "${model} cannot be tuned in ${location}.", fix: "Set GOOGLE_CLOUD_LOCATION to a region that GET /api/v1/fine-tuning/models gives for the model.", operator: true,
	},
	{
		code: "LOCATION_MISMATCH", message: re(`location ID doesn't match the endpoint|location mismatch`),
		sentence: "The host that was called does not serve the location ${location}.", fix: "Set GOOGLE_CLOUD_LOCATION to one region, such as us-central1; the host follows from it.", operator: true,
	},

	// Errors about keys and accounts.
	{
		code: "KEY_NOT_USABLE", message: re("CryptoKey (?P<key>\\S+) cannot be used in Vertex AI.*service account `?" + account),
		sentence: "Vertex AI may not use the key ${key}.",
		fix:      "gcloud kms keys add-iam-policy-binding ${key} --member=serviceAccount:${account} --role=roles/cloudkms.cryptoKeyEncrypterDecrypter", operator: true,
	},
	{
		code: "KEY_NOT_USABLE", message: re(`Permission '(?P<permission>cloudkms[\w.]+)' denied on resource '(?P<key>[^']+)'`),
		sentence: "The key ${key} may not be used: ${permission} is missing.",
		fix:      "gcloud kms keys add-iam-policy-binding ${key} --member=serviceAccount:service-PROJECT_NUMBER@gcp-sa-aiplatform.iam.gserviceaccount.com --role=roles/cloudkms.cryptoKeyEncrypterDecrypter", operator: true,
	},
	{
		code: "MAY_NOT_ACT_AS", message: re(`permission to act as service[_ ]account:? \[?` + `(?P<agent>[\w.-]+@[\w.-]+?)\.?[\s\](]`),
		sentence: "This service may not start jobs that run as ${agent}, or there is no such account.",
		fix:      "gcloud iam service-accounts add-iam-policy-binding ${agent} --member=serviceAccount:${account} --role=roles/iam.serviceAccountUser", operator: true,
	},
	{
		code: "MAY_NOT_ACT_AS", message: re(`iam\.serviceAccounts\.actAs' denied on service account (?P<agent>[\w.-]+@[\w.-]+)`),
		sentence: "This service may not start jobs that run as ${agent}, or there is no such account.",
		fix:      "gcloud iam service-accounts add-iam-policy-binding ${agent} --member=serviceAccount:${account} --role=roles/iam.serviceAccountUser", operator: true,
	},
	{
		code: "SERVICE_AGENT_MISSING", message: re(`service account (?P<agent>service-\d+@gcp-sa-[\w.-]+) does not exist|principal does not exist`),
		sentence: "The service agent ${agent} does not exist yet: Google creates it for the first tuning job of a project.",
		fix:      "Start a tuning job and cancel it, then give the role again; or set service_account to an account of your own.", operator: true,
	},

	// Missing permissions.
	{
		code: "API_DISABLED", reason: "SERVICE_DISABLED",
		sentence: "The API ${api} is not enabled in the project.", fix: "gcloud services enable ${api} --project=${project}", operator: true,
	},
	{
		code: "API_DISABLED", codes: []int32{permissionDenied}, message: re(`API has not been used in project (?P<project>[\w-]+) before or it is disabled.*/api/(?P<api>[\w.]+)/`),
		sentence: "The API ${api} is not enabled in the project.", fix: "gcloud services enable ${api} --project=${project}", operator: true,
	},
	{
		code: "BILLING_DISABLED", reason: "BILLING_DISABLED",
		sentence: "Billing is not enabled for the project.", fix: "gcloud billing projects link ${project} --billing-account=BILLING_ACCOUNT", operator: true,
	},
	{
		code: "BUCKET_NOT_READABLE", message: re(account + ` does not have (?P<permission>storage\.objects\.(get|list)) access to the Google Cloud Storage (object|bucket)(\.? (gs://(?P<bucket>[^/\s]+))?)?`),
		sentence: "${account} may not read the bucket ${bucket}.",
		fix:      "gcloud storage buckets add-iam-policy-binding gs://${bucket} --member=serviceAccount:${account} --role=roles/storage.objectViewer", operator: true,
	},
	{
		code: "BUCKET_NOT_WRITABLE", message: re(account + ` does not have (?P<permission>storage\.objects\.(create|delete|update)) access`),
		sentence: "${account} may not write into the bucket ${bucket}.",
		fix:      "gcloud storage buckets add-iam-policy-binding gs://${bucket} --member=serviceAccount:${account} --role=roles/storage.objectUser", operator: true,
	},
	{
		code: "VERTEX_ROLE_MISSING", codes: []int32{permissionDenied}, message: re(`Permission '(?P<permission>aiplatform\.[\w.]+)' denied on resource '//aiplatform\.googleapis\.com/projects/(?P<project>[\w:.-]+)`),
		sentence: "This service's account lacks ${permission} in the project ${project}.",
		fix:      "gcloud projects add-iam-policy-binding ${project} --member=serviceAccount:${account} --role=roles/aiplatform.user", operator: true,
	},
	{
		code: "FIRESTORE_ROLE_MISSING", service: Firestore, codes: []int32{permissionDenied},
		sentence: "This service's account may not use Firestore.",
		fix:      "gcloud projects add-iam-policy-binding ${project} --member=serviceAccount:${account} --role=roles/datastore.user", operator: true,
	},
	{
		code: "PUBSUB_ROLE_MISSING", service: PubSub, codes: []int32{permissionDenied},
		sentence: "This service's account may not publish.",
		fix:      "gcloud pubsub topics add-iam-policy-binding ${topic} --member=serviceAccount:${account} --role=roles/pubsub.publisher", operator: true,
	},
	{
		code: "PROJECT_INVALID", codes: []int32{permissionDenied}, message: re(`Permission denied on resource project (?P<project>[\w:-]+)`),
		sentence: "There is no project ${project}, or this service's account may not use it.", fix: "Set GOOGLE_CLOUD_PROJECT to the ID of the project.", operator: true,
	},
	{
		code: "CREDENTIALS", codes: []int32{unauthenticated},
		sentence: "Google Cloud does not accept this service's credentials.", fix: "Run it with a service account; on your own machine: gcloud auth application-default login", operator: true,
	},

	// Missing resources.
	{
		code: "FIRESTORE_DATABASE_MISSING", service: Firestore, codes: []int32{notFound}, message: re(`database (?P<database>\S+) does not exist|does not contain an active Cloud (Datastore|Firestore)`),
		sentence: "There is no Firestore database ${database}.",
		fix:      "gcloud firestore databases create --database='${database}' --location=${location} --type=firestore-native --project=${project}; or set FIRESTORE_DATABASE.", operator: true,
	},
	{
		code: "FIRESTORE_DATASTORE_MODE", service: Firestore, codes: []int32{failedPrecondition}, message: re(`not available for (Cloud Datastore|Firestore in Datastore Mode)`),
		sentence: "The database is in Datastore mode, which this service cannot use.", fix: "Create another database in native mode, and set FIRESTORE_DATABASE.", operator: true,
	},
	{
		code: "FIRESTORE_INDEX_MISSING", service: Firestore, codes: []int32{failedPrecondition}, message: re(`query requires an index(.*(?P<url>https://\S+))?`),
		sentence: "A query needs an index that the database does not have.", fix: "terraform apply creates the indexes; or open ${url}", operator: true,
	},
	{
		code: "BUCKET_MISSING", service: Storage, codes: []int32{notFound}, message: re(`bucket does not exist`),
		sentence: "The bucket does not exist.", fix: "Set INBOX_BUCKET and DATA_BUCKET to buckets that exist: gcloud storage ls --project=${project}", operator: true,
	},
	{
		code: "TOPIC_MISSING", service: PubSub, codes: []int32{notFound}, message: re(`Resource not found \(resource=(?P<topic>[^)]+)\)`),
		sentence: "There is no topic ${topic}.", fix: "gcloud pubsub topics create ${topic} --project=${project}", operator: true,
	},

	// Transient errors.
	{
		code: "TUNING_QUOTA", codes: []int32{resourceExhausted}, message: re(`concurrent_(tuning|managed_oss_model_fine)`),
		sentence: "As many tuning jobs run in the project as its quota allows, in all regions together.",
		fix:      "Set MAX_CONCURRENT_JOBS to the quota, so that jobs wait here instead; or ask for more at https://console.cloud.google.com/iam-admin/quotas?project=${project}", operator: true, transient: true,
	},
	{
		code: "QUOTA", codes: []int32{resourceExhausted},
		sentence: "A quota is used up.", fix: "Try again later, or ask for more at https://console.cloud.google.com/iam-admin/quotas?project=${project}", operator: true, transient: true,
	},
	{
		code: "CONTENTION", service: Firestore, codes: []int32{aborted},
		sentence: "Several writers changed the same data at once.", fix: "Try again.", transient: true,
	},
	{
		code: "CANCELLED", service: Vertex, codes: []int32{cancelled},
		sentence: "The job was cancelled.", fix: "Start it again if that was not meant.",
	},
	{
		code: "TRANSIENT", codes: []int32{internal, unavailable, deadlineExceeded, aborted},
		sentence: "Google Cloud had an internal error, or was too slow.", fix: "Try again later. A recorded start is retried automatically.", transient: true,
	},

	// Errors whose text is unknown.
	{
		code: "FIELD_REFUSED", service: Vertex, codes: []int32{invalidArgument}, field: re(`.`), message: re(`(?P<what>.+)`),
		sentence: "Vertex AI refuses ${field}: ${what}", fix: "Change the field of that name in the request.",
	},
}
