// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"path"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// source adds an image or a document in Anthropic's format.
func (c *conversation) source(n int) {
	r := c.r
	if !r.is(n, strictjson.Object) {
		c.parts++
		return
	}
	mime, data, url := r.member(n, "media_type"), r.member(n, "data"), r.member(n, "url")
	switch {
	case url != 0:
		c.address(url, imageFile)
	case !r.isType(n, "base64") || r.kind(mime) != strictjson.String || r.kind(data) != strictjson.String:
		c.parts++
		r.fail(n, CodeUnsupported, "only a base64 source or one with a url can be converted", `write {"type": "base64", "media_type": …, "data": …}`)
	default:
		c.inlineNode(mime, r.text(mime), data)
	}
}

// inlineNode adds the base64 data of a string node. mime is the type; at is the node that contains
// it.
func (c *conversation) inlineNode(at int, mime string, data int) {
	c.parts++ // counted even if it cannot be written
	r := c.r
	if !isBase64(r.key(data)) {
		r.fail(data, CodeInvalidBase64, "the data is not base64", "")
		return
	}
	if known, ok := r.mimeType(at, mime); ok {
		c.parts--
		c.inline(known, r.key(data))
	}
}

// fileKind is what a part says about its file.
type fileKind struct {
	name    string
	assumed string // the MIME type, if the address does not show it
	fix     string
}

var (
	imageFile = fileKind{"image", "image/jpeg", "use an address that ends in .png, .jpg or .webp"}
	videoFile = fileKind{"video", "video/mp4", "use an address that ends in .mp4"}
	audioFile = fileKind{"sound", "audio/mp3", "use an address that ends in .mp3 or .wav"}
)

// address adds a file by its address, which may contain the file itself.
func (c *conversation) address(n int, kind fileKind) {
	r := c.r
	c.parts++ // counted even if it cannot be written
	url := n
	if r.kind(n) == strictjson.Object {
		if url = r.member(n, "url"); url == 0 {
			r.fail(n, CodeMissingField, "the "+kind.name+` has no "url"`, "")
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
			r.fail(url, CodeInvalidBase64, "the "+kind.name+" is not base64", "write data:"+kind.assumed+";base64,…")
			return
		}
		mime, _, _ = bytes.Cut(mime, []byte(";"))
		if known, ok := r.mimeType(url, string(mime)); ok {
			c.parts--
			c.inline(known, body)
		}
		return
	}
	if !r.checkURI(url) {
		return
	}
	mime := mimeByName(string(address))
	if mime == "" {
		mime = kind.assumed
		r.warn(url, CodeMimeTypeGuessed, "the address does not show the type of the "+kind.name+"; "+mime+" is assumed", kind.fix)
	}
	c.parts--
	c.file(mime, address)
}

// mimeByName returns the MIME type for the suffix of an address, or "".
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
	case ".mov":
		return "video/mov"
	case ".avi":
		return "video/avi"
	case ".mpeg", ".mpg":
		return "video/mpeg"
	case ".mp3":
		return "audio/mp3"
	case ".wav":
		return "audio/wav"
	}
	return ""
}

// audio adds sound that is inside the message.
func (c *conversation) audio(n int) {
	r := c.r
	c.parts++ // counted even if it cannot be written
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
	c.parts--
	c.inlineNode(format, "audio/"+r.text(format), data)
}
