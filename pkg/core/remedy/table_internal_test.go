// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package remedy

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
)

// answers lists real errors of the services with their sources. "gist" marks errors whose exact
// wording is unknown. The test fails if a row of the table matches none of them.
var answers = []struct {
	source string
	in     Answer
	code   string
	fix    string // what the fix says
}{
	{
		"package tuning", Answer{"", 9, "The training data could not be prepared.", nil, "PREPARATION_ABORTED", nil},
		"PREPARATION_ABORTED", "less data",
	},
	{
		"GoogleCloudPlatform/generative-ai#2081",
		Answer{Vertex, 3, "List of found errors:\t1.Field: tuning_job.supervised_tuning_spec.training_dataset_uri; Message: training_dataset_uri should be a GCS object of type JSONL.\t", nil, "", nil},
		"DATASET_NOT_JSONL", ".jsonl",
	},
	{
		"the same, as a BadRequest",
		Answer{Vertex, 3, "List of found errors", []Field{{"tuning_job.supervised_tuning_spec.validation_dataset_uri", "validation_dataset_uri should be a GCS object of type JSONL."}}, "", nil},
		"DATASET_NOT_JSONL", ".jsonl",
	},
	{
		"gist",
		Answer{Vertex, 3, "", []Field{{"tuning_job.supervised_tuning_spec.training_dataset_uri", "The Cloud Storage object gs://acme-data/datasets/vt-1.jsonl does not exist."}}, "", nil},
		"DATASET_MISSING", "Start again",
	},
	{
		"googleapis/python-aiplatform#6127",
		Answer{Vertex, 3, "Dataset example 1 of 14 contains an unsupported modality [function call] in the 'parts' field, which is not supported by this model. JSON: {...}", nil, "", nil},
		"UNSUPPORTED_MODALITY", "/models",
	},
	{
		"google/skills, data_prep.md: gist",
		Answer{Vertex, 3, "The validation dataset has 26.45% of the bytes of the training dataset, which exceeds the maximum of 25%.", nil, "", nil},
		"VALIDATION_TOO_LARGE", `"validation_split": 0.1`,
	},
	{
		"gist",
		Answer{Vertex, 3, "Dataset example 3 of 9 is not a valid JSON object of the expected format.", nil, "", nil},
		"DATASET_INVALID", "validate-data",
	},
	{
		"gist",
		Answer{Vertex, 3, "The training dataset gs://b/x.jsonl has no usable examples: 4 examples, of which 4 were dropped.", nil, "", nil},
		"NO_USABLE_EXAMPLES", "dropped_examples",
	},
	{
		"googleapis/python-genai#908",
		Answer{Vertex, 3, "The adapter size is not supported for this base model.", nil, "", nil},
		"ADAPTER_SIZE", "leave adapter_size out",
	},
	{
		"google/skills, models.md",
		Answer{Vertex, 3, "Invalid open source publisher model resource name", nil, "", nil},
		"OPEN_MODEL_NAME", "PUBLISHER/FAMILY@VERSION",
	},
	{
		"gzzhongqi/vertex2openai#2",
		Answer{Vertex, 5, "Publisher Model `projects/august-tangent-457006-a1/locations/us-central1/publishers/google/models/gemini-2.5-pro-exp-03-25` not found.", nil, "", nil},
		"MODEL_NOT_FOUND", "status=tunable",
	},
	{
		"GoogleCloudPlatform/generative-ai#3004",
		Answer{Vertex, 5, "Publisher Model `projects/p/locations/us-central1/publishers/google/models/gemini-3-pro` was not found or your project does not have access to it. Please ensure you are using a valid model version.", nil, "", nil},
		"MODEL_NOT_FOUND", "status=tunable",
	},
	{
		"googleapis/python-genai#1706",
		Answer{Vertex, 5, "Endpoint `projects/575157790123/locations/us-central1/endpoints/7070905402157694976` not found.", nil, "", nil},
		"ENDPOINT_NOT_FOUND", "aiplatform.us.rep.googleapis.com",
	},
	{
		"gist",
		Answer{Vertex, 9, "Customer-managed encryption keys are not supported in location `global`.", nil, "", nil},
		"CMEK", "Leave kms_key_name out",
	},
	{
		"gist",
		Answer{Vertex, 9, "Tuning of Gemini models is not supported in location `global`. Please use a regional endpoint.", nil, "", nil},
		"LOCATION_GLOBAL", "GOOGLE_CLOUD_LOCATION",
	},
	{
		"gist",
		Answer{Vertex, 9, "Tuning of base model gemini-3.5-flash is not supported in location `us-west1`.", nil, "", nil},
		"LOCATION_NOT_SUPPORTED", "GOOGLE_CLOUD_LOCATION",
	},
	{
		"googleapis/nodejs-automl#411, likewise python-genai#810",
		Answer{Vertex, 3, "List of found errors:\t1.Field: name; Message: The provided location ID doesn't match the endpoint. For automl.googleapis.com, the valid location ID is `us-central1`.\t", nil, "", nil},
		"LOCATION_MISMATCH", "GOOGLE_CLOUD_LOCATION",
	},
	{
		"hashicorp/terraform-provider-google#11819",
		Answer{Vertex, 3, "Provided CryptoKey projects/ci-test/locations/us-central1/keyRings/r/cryptoKeys/k cannot be used in Vertex AI service. Please make sure the CryptoKey is enabled and Vertex AI service account `service-1067888929963@gcp-sa-aiplatform.iam.gserviceaccount.com` has Encryption and Decryption access to the CryptoKey.", nil, "", nil},
		"KEY_NOT_USABLE", "gcloud kms keys add-iam-policy-binding projects/ci-test/locations/us-central1/keyRings/r/cryptoKeys/k --member=serviceAccount:service-1067888929963@gcp-sa-aiplatform.iam.gserviceaccount.com --role=roles/cloudkms.cryptoKeyEncrypterDecrypter",
	},
	{
		"GoogleCloudPlatform/cdmc#19",
		Answer{"", 7, "Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource 'projects/p/locations/l/keyRings/r/cryptoKeys/k' (or it may not exist).", nil, "", nil},
		"KEY_NOT_USABLE", "gcloud kms keys add-iam-policy-binding projects/p/locations/l/keyRings/r/cryptoKeys/k",
	},
	{
		"googleapis/python-aiplatform#1073",
		Answer{Vertex, 3, "You do not have permission to act as service_account: 123-compute@developer.gserviceaccount.com. (or it may not exist).", nil, "", nil},
		"MAY_NOT_ACT_AS", "gcloud iam service-accounts add-iam-policy-binding 123-compute@developer.gserviceaccount.com --member=serviceAccount:run@acme.iam.gserviceaccount.com --role=roles/iam.serviceAccountUser",
	},
	{
		"privacysandbox/aggregation-service#47",
		Answer{"", 7, "Permission 'iam.serviceaccounts.actAs' denied on service account worker@acme.iam.gserviceaccount.com (or it may not exist).", nil, "", nil},
		"MAY_NOT_ACT_AS", "add-iam-policy-binding worker@acme.iam.gserviceaccount.com",
	},
	{
		"GoogleCloudPlatform/k8s-config-connector#1730",
		Answer{"", 3, "Service account service-65713775505@gcp-sa-vertex-tune.iam.gserviceaccount.com does not exist.", nil, "", nil},
		"SERVICE_AGENT_MISSING", "Start a tuning job and cancel it",
	},
	{
		"GoogleCloudPlatform/vertex-ai-samples#476",
		Answer{Vertex, 7, "Vertex AI API has not been used in project 720070608347 before or it is disabled.", nil, "SERVICE_DISABLED", map[string]string{"consumer": "projects/720070608347", "service": "aiplatform.googleapis.com"}},
		"API_DISABLED", "gcloud services enable aiplatform.googleapis.com --project=acme",
	},
	{
		"the same, by its text alone",
		Answer{"", 7, "Vertex AI API has not been used in project 720070608347 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/aiplatform.googleapis.com/overview?project=720070608347 then retry.", nil, "", nil},
		"API_DISABLED", "gcloud services enable aiplatform.googleapis.com --project=720070608347",
	},
	{
		"cloud.google.com/service-infrastructure, ErrorInfo reasons",
		Answer{Storage, 7, "This API method requires billing to be enabled.", nil, "BILLING_DISABLED", nil},
		"BILLING_DISABLED", "gcloud billing projects link acme",
	},
	{
		"cloud.google.com/storage/docs/troubleshooting",
		Answer{Storage, 7, "ci-deployer@my-prod.iam.gserviceaccount.com does not have storage.objects.list access to the Google Cloud Storage bucket. Permission 'storage.objects.list' denied on resource (or it may not exist).", nil, "", nil},
		"BUCKET_NOT_READABLE", "gs://BUCKET --member=serviceAccount:ci-deployer@my-prod.iam.gserviceaccount.com --role=roles/storage.objectViewer",
	},
	{
		"the same of Vertex AI's service agent: gist",
		Answer{Vertex, 7, "service-1@gcp-sa-aiplatform.iam.gserviceaccount.com does not have storage.objects.get access to the Google Cloud Storage object gs://other/x.jsonl.", nil, "", nil},
		"BUCKET_NOT_READABLE", "gs://other --member=serviceAccount:service-1@gcp-sa-aiplatform.iam.gserviceaccount.com",
	},
	{
		"cloud.google.com/storage/docs/troubleshooting",
		Answer{Storage, 7, "run@acme.iam.gserviceaccount.com does not have storage.objects.create access to the Google Cloud Storage object.", nil, "", nil},
		"BUCKET_NOT_WRITABLE", "roles/storage.objectUser",
	},
	{
		"GoogleCloudPlatform/t5x-on-vertex-ai#5, of another permission",
		Answer{Vertex, 7, "Permission 'aiplatform.tuningJobs.create' denied on resource '//aiplatform.googleapis.com/projects/kmikit5x/locations/us-central1' (or it may not exist).", nil, "IAM_PERMISSION_DENIED", nil},
		"VERTEX_ROLE_MISSING", "gcloud projects add-iam-policy-binding kmikit5x --member=serviceAccount:run@acme.iam.gserviceaccount.com --role=roles/aiplatform.user",
	},
	{
		"cloud.google.com/firestore/docs",
		Answer{Firestore, 7, "Missing or insufficient permissions.", nil, "", nil},
		"FIRESTORE_ROLE_MISSING", "roles/datastore.user",
	},
	{
		"cloud.google.com/pubsub/docs/reference/error-codes",
		Answer{PubSub, 7, "User not authorized to perform this action.", nil, "", nil},
		"PUBSUB_ROLE_MISSING", "roles/pubsub.publisher",
	},
	{
		"GoogleCloudPlatform/training-data-analyst#1811",
		Answer{Vertex, 7, "Permission denied on resource project acme-typo.", nil, "CONSUMER_INVALID", nil},
		"PROJECT_INVALID", "GOOGLE_CLOUD_PROJECT",
	},
	{
		"cloud.google.com/docs/authentication",
		Answer{Vertex, 16, "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.", nil, "", nil},
		"CREDENTIALS", "gcloud auth application-default login",
	},
	{
		"googleapis/nodejs-firestore#991",
		Answer{Firestore, 5, "The project acme does not exist or it does not contain an active Cloud Datastore or Cloud Firestore database.", nil, "", nil},
		"FIRESTORE_DATABASE_MISSING", "gcloud firestore databases create --database='(default)' --location=us-central1",
	},
	{
		"cloud.google.com/firestore/docs",
		Answer{Firestore, 5, "The database tuning does not exist for project acme. Please visit https://console.cloud.google.com/datastore/setup?project=acme to add a Cloud Datastore or Cloud Firestore database.", nil, "", nil},
		"FIRESTORE_DATABASE_MISSING", "--database='tuning'",
	},
	{
		"GoogleCloudPlatform/java-docs-samples#3436",
		Answer{Firestore, 9, "The Cloud Firestore API is not available for Cloud Datastore projects.", nil, "", nil},
		"FIRESTORE_DATASTORE_MODE", "FIRESTORE_DATABASE",
	},
	{
		"DashboardHub/PipelineDashboard#1321",
		Answer{Firestore, 9, "The query requires an index. You can create it here: https://console.firebase.google.com/project/p/database/firestore/indexes?create_composite=Clhw", nil, "", nil},
		"FIRESTORE_INDEX_MISSING", "open https://console.firebase.google.com/project/p/database/firestore/indexes?create_composite=Clhw",
	},
	{
		"googleapis/google-cloud-go#8987, which gives no link",
		Answer{Firestore, 9, "The query requires an index.", nil, "", nil},
		"FIRESTORE_INDEX_MISSING", "terraform apply",
	},
	{
		"cloud.google.com/storage/docs/json_api/v1/status-codes",
		Answer{Storage, 5, "The specified bucket does not exist.", nil, "", nil},
		"BUCKET_MISSING", "DATA_BUCKET",
	},
	{
		"ScaleSec/project_lockdown#57",
		Answer{PubSub, 5, "Resource not found (resource=project_lockdown_alert_topic).", nil, "", nil},
		"TOPIC_MISSING", "gcloud pubsub topics create project_lockdown_alert_topic --project=acme",
	},
	{
		"felixbinder/introspection_self_prediction#52",
		Answer{Vertex, 8, "The following quota metrics exceed quota limits: aiplatform.googleapis.com/global_concurrent_tuning_jobs", nil, "", nil},
		"TUNING_QUOTA", "MAX_CONCURRENT_JOBS",
	},
	{
		"google-deepmind/xmanager#29",
		Answer{Vertex, 8, "The following quota metrics exceed quota limits: aiplatform.googleapis.com/custom_model_training_tpu_v2", nil, "", nil},
		"QUOTA", "iam-admin/quotas?project=acme",
	},
	{
		"cloud.google.com/firestore/docs/transaction-data-contention",
		Answer{Firestore, 10, "Too much contention on these documents. Please try again.", nil, "", nil},
		"CONTENTION", "Try again",
	},
	{
		"error.code 1 of a job that was cancelled",
		Answer{Vertex, 1, "The TuningJob was cancelled by the user.", nil, "", nil},
		"CANCELLED", "Start it again",
	},
	{
		"GoogleCloudPlatform/generative-ai#873",
		Answer{Vertex, 13, "Internal error encountered.", nil, "", nil},
		"TRANSIENT", "Try again later",
	},
	{
		"any other field",
		Answer{Vertex, 3, "List of found errors:\t1.Field: tuning_job.labels; Message: Label keys and values can be no longer than 63 characters.\t2.Field: x; Message: y\t", nil, "", nil},
		"FIELD_REFUSED", "Change the field",
	},
}

var exampleContext = Context{Project: "acme", Location: "us-central1", Account: "run@acme.iam.gserviceaccount.com", BaseModel: "gemini-3.5-flash"}

func TestTable(t *testing.T) {
	t.Parallel()
	usedRows := map[int]bool{}
	for _, tt := range answers {
		got, ok := For(tt.in, exampleContext)
		if !ok || got.Code != tt.code {
			t.Errorf("%s: %q is %q, want %q", tt.source, tt.in.Message, got.Code, tt.code)
			continue
		}
		if !strings.Contains(got.Fix, tt.fix) {
			t.Errorf("%s: the fix is\n%s\nwant one with\n%s", tt.code, got.Fix, tt.fix)
		}
		if got.Sentence == "" || strings.Contains(got.Sentence+got.Fix, "${") || strings.Contains(got.Sentence+got.Fix, "  ") {
			t.Errorf("%s: %q, %q", tt.code, got.Sentence, got.Fix)
		}
		// A text that names an account is only for the operator.
		if !got.Operator && strings.Contains(got.Sentence+got.Fix, "@") && !strings.Contains(got.Fix, "FAMILY@VERSION") {
			t.Errorf("%s names an account to every caller: %q, %q", tt.code, got.Sentence, got.Fix)
		}
		if len(tt.in.Fields) == 0 {
			tt.in.Fields = fieldsIn(tt.in.Message)
		}
		row, _ := match(tt.in)
		usedRows[row] = true
	}
	for i, r := range table {
		if !usedRows[i] {
			t.Errorf("no answer matches row %d, %s", i, r.code)
		}
	}
}

// A fix for the operator alone is not shown to callers. The codes equal those of google.rpc.Code.
func TestOperatorsRows(t *testing.T) {
	t.Parallel()
	callers := []string{
		"PREPARATION_ABORTED", "DATASET_NOT_JSONL", "DATASET_MISSING", "UNSUPPORTED_MODALITY", "VALIDATION_TOO_LARGE", "DATASET_INVALID", "NO_USABLE_EXAMPLES",
		"ADAPTER_SIZE", "OPEN_MODEL_NAME", "MODEL_NOT_FOUND", "ENDPOINT_NOT_FOUND", "CMEK", "CONTENTION", "CANCELLED", "TRANSIENT", "FIELD_REFUSED",
	}
	for i := range table {
		if r := table[i]; r.operator == slices.Contains(callers, r.code) {
			t.Errorf("%s is for the operator: %v", r.code, r.operator)
		}
	}
	for got, want := range map[int]codes.Code{
		cancelled: codes.Canceled, invalidArgument: codes.InvalidArgument, deadlineExceeded: codes.DeadlineExceeded, notFound: codes.NotFound,
		permissionDenied: codes.PermissionDenied, resourceExhausted: codes.ResourceExhausted, failedPrecondition: codes.FailedPrecondition,
		aborted: codes.Aborted, internal: codes.Internal, unavailable: codes.Unavailable, unauthenticated: codes.Unauthenticated,
	} {
		if got != int(want) {
			t.Errorf("%d is not the code %s", got, want)
		}
	}
}
