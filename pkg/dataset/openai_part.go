// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"path"
	"strings"

	"github.com/vertextune/vertextune/pkg/strictjson"
)

// chatContent adds the content of a message: a text, or a list of parts.
func (c *conversation) chatContent(content int) {
	r := c.r
	if content == 0 {
		return
	}
	if r.kind(content) != strictjson.Array {
		c.text(content)
		return
	}
	for p := content + 1; p < r.next(content); p = r.next(p) {
		if r.kind(p) == strictjson.String {
			c.textPart(p)
		} else if r.is(p, strictjson.Object) {
			c.chatPart(p)
		}
	}
}

// chatPart adds one part of a message.
func (c *conversation) chatPart(part int) {
	r := c.r
	kind := r.member(part, "type")
	if kind == 0 {
		if text := r.member(part, "text"); text != 0 {
			c.textPart(text)
			return
		}
		r.fail(part, CodeMissingField, `the part has no "type"`, `write "text" or "image_url"`)
		c.parts++
		return
	}
	if !r.is(kind, strictjson.String) {
		return
	}
	name := r.text(kind)
	value := r.member(part, name)
	switch name {
	case "input_text", "output_text":
		value = r.member(part, "text")
	case "input_image":
		value = r.member(part, "image_url")
	}
	if value == 0 {
		r.fail(part, CodeMissingField, "the part has no "+quoted(name), "add what its type says")
		c.parts++
		return
	}
	switch name {
	case "text", "input_text", "output_text", "refusal":
		c.textPart(value)
	case "image_url", "input_image":
		c.image(value)
	case "input_audio":
		c.audio(value)
	default:
		c.parts++
		r.fail(kind, CodeUnsupported, "parts of the type "+quoted(name)+" cannot be converted", "take the part away")
	}
}

// image adds an image by its address, which may hold the image itself.
func (c *conversation) image(n int) {
	r := c.r
	c.parts++ // even if it cannot be written
	url := n
	if r.kind(n) == strictjson.Object {
		if url = r.member(n, "url"); url == 0 {
			r.fail(n, CodeMissingField, `the image has no "url"`, "")
			return
		}
	}
	if !r.is(url, strictjson.String) {
		return
	}
	address := r.key(url)
	if data, ok := bytes.CutPrefix(address, []byte("data:")); ok {
		mime, body, ok := bytes.Cut(data, []byte(";base64,"))
		if !ok || !isBase64(body) {
			r.fail(url, CodeInvalidBase64, "the image is not base64", "write data:image/png;base64,…")
			return
		}
		if !mimeTypes[string(mime)] {
			r.warn(url, CodeUnknownMimeType, "the type "+quoted(string(mime))+" is not in Google's list", "")
		}
		c.parts--
		c.inline(string(mime), body)
		return
	}
	if !r.checkURI(url) {
		return
	}
	mime := mimeByName(string(address))
	if mime == "" {
		mime = "image/jpeg"
		r.warn(url, CodeMimeTypeGuessed, "the address does not tell the type of the image; image/jpeg is written", "use an address that ends in .png, .jpg or .webp")
	}
	c.parts--
	c.file(mime, address)
}

// mimeByName returns the type that the ending of an address stands for, or "".
func mimeByName(address string) string {
	address, _, _ = strings.Cut(address, "?")
	address, _, _ = strings.Cut(address, "#")
	switch strings.ToLower(path.Ext(address)) {
	case ".png":
		return "image/png"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".webp":
		return "image/webp"
	case ".pdf":
		return "application/pdf"
	case ".mp4":
		return "video/mp4"
	case ".mp3":
		return "audio/mp3"
	case ".wav":
		return "audio/wav"
	}
	return ""
}

// audio adds sound that the message holds.
func (c *conversation) audio(n int) {
	r := c.r
	c.parts++ // even if it cannot be written
	if !r.is(n, strictjson.Object) {
		return
	}
	data, format := r.member(n, "data"), r.member(n, "format")
	if data == 0 || format == 0 {
		r.fail(n, CodeMissingField, `the sound must have "data" and "format"`, "")
		return
	}
	if !r.is(data, strictjson.String) || !r.is(format, strictjson.String) {
		return
	}
	if !isBase64(r.key(data)) {
		r.fail(data, CodeInvalidBase64, "the data is not base64", "")
		return
	}
	mime := "audio/" + r.text(format)
	if !mimeTypes[mime] {
		r.warn(format, CodeUnknownMimeType, "the type "+quoted(mime)+" is not in Google's list", "")
	}
	c.parts--
	c.inline(mime, r.key(data))
}
