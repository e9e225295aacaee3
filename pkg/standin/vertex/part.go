// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	v1 "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/protobuf/types/known/structpb"
)

// partCheck checks one part of a turn, and adds its size to the numbers of the example.
type partCheck struct {
	checker
	example     *example
	tokens      *int64 // the tokens of the input or of the output, whichever has the turn
	turn, index int
}

func (p partCheck) at() string { return fmt.Sprintf("contents[%d].parts[%d]", p.turn, p.index) }

// check returns the fault of the part, or "".
func (p partCheck) check(part *v1.Part) string {
	if part.GetThought() {
		return "contains a thought in " + p.at() + ", which is not supported for tuning"
	}
	switch data := part.GetData().(type) {
	case *v1.Part_Text:
		if data.Text == "" {
			return "contains an empty text in " + p.at()
		}
		p.example.addText(p.tokens, data.Text)
		return ""
	case *v1.Part_InlineData:
		return p.inlineData(data.InlineData)
	case *v1.Part_FileData:
		if uri := data.FileData.GetFileUri(); !strings.HasPrefix(uri, "gs://") && !strings.HasPrefix(uri, "https://") && !strings.HasPrefix(uri, "http://") {
			return fmt.Sprintf("contains the file URI %q in %s, which is neither gs:// nor http(s)://", uri, p.at())
		}
		return p.media(data.FileData.GetMimeType())
	case *v1.Part_FunctionCall:
		if fault := p.function("function call", data.FunctionCall.GetName()); fault != "" {
			return fault
		}
		return p.structured("function call", data.FunctionCall.GetName(), data.FunctionCall.GetArgs())
	case *v1.Part_FunctionResponse:
		if fault := p.function("function response", data.FunctionResponse.GetName()); fault != "" {
			return fault
		}
		return p.structured("function response", data.FunctionResponse.GetName(), data.FunctionResponse.GetResponse())
	case *v1.Part_ExecutableCode:
		return p.unsupported("executable code")
	case *v1.Part_CodeExecutionResult:
		return p.unsupported("code execution result")
	default:
		return "contains a part without data in " + p.at()
	}
}

// function checks the function's name in a call or a response. If the example declares functions,
// it must declare this one.
func (p partCheck) function(kind, name string) string {
	switch {
	case name == "":
		return "contains a " + kind + " without a name in " + p.at()
	case !functionNames.MatchString(name):
		return fmt.Sprintf("contains a %s with the invalid name %q in %s", kind, name, p.at())
	case len(p.example.declared) > 0 && !p.example.declared[name]:
		return fmt.Sprintf("contains a %s of %q in %s, which is not declared", kind, name, p.at())
	}
	return ""
}

func (p partCheck) inlineData(blob *v1.Blob) string {
	if len(blob.GetData()) == 0 {
		return "contains inline data without content in " + p.at()
	}
	if strings.HasPrefix(blob.GetMimeType(), "image/") && int64(len(blob.GetData())) > p.service.ImageBytesMax.Value {
		p.example.drop = fmt.Sprintf("Image of %d bytes is larger than the maximum of %d bytes.", len(blob.GetData()), p.service.ImageBytesMax.Value)
	}
	return p.media(blob.GetMimeType())
}

func (p partCheck) media(mimeType string) string {
	kind, known := p.service.MIMETypes.Kinds[mimeType]
	switch {
	case !known:
		return fmt.Sprintf("contains an unsupported MIME type %q in %s", mimeType, p.at())
	case kind != "text" && !slices.Contains(p.model.Modalities, kind):
		return p.unsupported(kind)
	case kind == "image":
		p.example.images++
	}
	if kind != "text" {
		p.example.files++
	}
	*p.tokens += p.service.MediaTokens.Value
	return ""
}

func (p partCheck) structured(kind, name string, value *structpb.Struct) string {
	if !slices.Contains(p.model.Modalities, kind) {
		return p.unsupported(kind)
	}
	// protojson varies the spaces, so it cannot be used: equal files must give equal counts.
	text, err := json.Marshal(value.AsMap())
	if err != nil {
		return fmt.Sprintf("contains a %s that is not JSON in %s", kind, p.at())
	}
	p.example.addText(p.tokens, name+string(text))
	return ""
}

func (p partCheck) unsupported(kind string) string {
	return fmt.Sprintf("contains an unsupported modality [%s] in the 'parts' field, which is not supported by this "+
		"model. The supported modalities are: [%s]", kind, strings.Join(p.model.Modalities, ", "))
}
