// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import "github.com/vertextune/vertextune/pkg/core/strictjson"

// Codes of faults in addition to those of package strictjson. They are stable.
const (
	// Faults of the file.
	CodeNoRecords       = "NO_RECORDS"        // the file has no records
	CodeNotRecords      = "NOT_RECORDS"       // the file is JSON but has no list of records
	CodeUnknownFormat   = "UNKNOWN_FORMAT"    // the record has no known format
	CodeFormatChanged   = "FORMAT_CHANGED"    // the record has another format than the first one
	CodeTooManyExamples = "TOO_MANY_EXAMPLES" // more than Limits.Examples
	CodeOutputTooLarge  = "OUTPUT_TOO_LARGE"  // more than Limits.OutputBytes
	CodeRecordTooLarge  = "RECORD_TOO_LARGE"  // the record is longer than Options.MaxRecordBytes
	CodeCorruptGzip     = "CORRUPT_GZIP"      // the file cannot be decompressed
	CodeNotJSON         = "NOT_JSON"          // the file has another type: a table, a web page, an archive
	CodeNameNotTaken    = "NAME_NOT_TAKEN"    // the file is not read because of its name
	CodeNoExamples      = "NO_EXAMPLES"       // every record is left out

	// Faults of any record.
	CodeNotAnObject  = "NOT_AN_OBJECT"
	CodeWrongType    = "WRONG_TYPE"
	CodeMissingField = "MISSING_FIELD"
	CodeUnknownField = "UNKNOWN_FIELD"
	CodeInvalidRole  = "INVALID_ROLE"
	CodeEmptyText    = "EMPTY_TEXT"
	CodeEmptyList    = "EMPTY_LIST"

	// Faults of examples.
	CodeMissingRole         = "MISSING_ROLE"
	CodeEmptyPart           = "EMPTY_PART"            // a part without data
	CodeMultipleData        = "MULTIPLE_DATA"         // a part with several kinds of data
	CodeArgsNotObject       = "ARGS_NOT_OBJECT"       // args of a call that are not an object
	CodeResponseNotObject   = "RESPONSE_NOT_OBJECT"   // a response that is not an object
	CodeInvalidURI          = "INVALID_URI"           // neither gs:// nor http(s)://
	CodeInvalidBase64       = "INVALID_BASE64"        // inline data that cannot be decoded
	CodeUnknownMimeType     = "UNKNOWN_MIME_TYPE"     // not in Google's list
	CodeSystemNotText       = "SYSTEM_NOT_TEXT"       // content other than text in a system instruction
	CodeLastTurnNotModel    = "LAST_TURN_NOT_MODEL"   // there is no answer to learn from
	CodeRolesNotAlternating = "ROLES_NOT_ALTERNATING" // two turns of one side, or the model first
	CodeThoughtPart         = "THOUGHT_PART"          // thoughts are not trained on
	CodeLastTurnNotUser     = "LAST_TURN_NOT_USER"    // the conversation before two answers ends with the model
	CodeInvalidScores       = "INVALID_SCORES"        // the answers are not one better and one worse
	CodeNearEmptyAnswer     = "NEAR_EMPTY_ANSWER"     // an answer without a letter or a digit
	CodeDuplicateExample    = "DUPLICATE_EXAMPLE"     // the same example is earlier in the file
	CodeOverTokenLimit      = "OVER_TOKEN_LIMIT"      // longer than Limits.ExampleTokens
	CodeTooManyFiles        = "TOO_MANY_FILES"        // more than Limits.ExampleFiles
	CodeNumberOutOfRange    = "NUMBER_OUT_OF_RANGE"   // an argument beyond a 64-bit floating-point number
	CodeWrongSide           = "WRONG_SIDE"            // a call by the user, or a response by the model

	// Faults of records that are converted.
	CodeUnknownCall     = "UNKNOWN_CALL"      // the result of a call that does not exist
	CodeUnsupported     = "UNSUPPORTED"       // content that Vertex AI does not accept
	CodeSystemMoved     = "SYSTEM_MOVED"      // a system text from inside the conversation
	CodeBadAnswer       = "BAD_ANSWER"        // an answer that is marked as not to be learned
	CodeEncodedTwice    = "ENCODED_TWICE"     // JSON in a string in a string
	CodeWeightIgnored   = "WEIGHT_IGNORED"    // the weight of an answer has no effect
	CodeContradiction   = "CONTRADICTION"     // members of a record contradict each other
	CodeSameAnswers     = "SAME_ANSWERS"      // two identical answers to compare
	CodeInvalidMark     = "INVALID_MARK"      // a mark of an answer that is neither yes nor no
	CodeMimeTypeGuessed = "MIME_TYPE_GUESSED" // an address that does not show the type
)

// usualFixes has the advice for faults without more specific advice.
var usualFixes = map[string]string{
	CodeInvalidBase64:            "encode the data as base64, without line ends",
	CodeMissingField:             "add it",
	CodeNotAnObject:              "write each record as an object",
	CodeUnknownField:             "remove it, or correct its name",
	CodeWrongType:                "write a value of that type",
	CodeInvalidScores:            "write 1 for the better, 0 for the worse answer",
	CodeNumberOutOfRange:         "write a smaller number, or a string",
	strictjson.CodeSyntax:        "correct the JSON here",
	strictjson.CodeInvalidEscape: `write two backslashes for one, or \u and four hexadecimal digits`,
	strictjson.CodeByteOrderMark: "a byte-order mark may stand at the start of the file only",
	strictjson.CodeTooDeep:       "nest less deeply",
	strictjson.CodeTooManyValues: "split the record",
}
