// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Object is an object's metadata. Its JSON form is the JSON API's object resource, which is also
// the data of an Eventarc storage event. Times are RFC 3339 in UTC with milliseconds, hashes are
// base64.
type Object struct {
	Kind           string `json:"kind,omitempty"`
	ID             string `json:"id,omitempty"`
	SelfLink       string `json:"selfLink,omitempty"`
	MediaLink      string `json:"mediaLink,omitempty"`
	Name           string `json:"name"`
	Bucket         string `json:"bucket"`
	Generation     int64  `json:"generation,string"`
	Metageneration int64  `json:"metageneration,string"`
	Settable
	StorageClass            string `json:"storageClass"`
	Size                    int64  `json:"size,string"` // in bytes, as stored
	MD5Hash                 string `json:"md5Hash"`
	CRC32C                  string `json:"crc32c"` // big-endian, Castagnoli
	Etag                    string `json:"etag,omitempty"`
	TimeCreated             string `json:"timeCreated"`
	Updated                 string `json:"updated"`
	TimeStorageClassUpdated string `json:"timeStorageClassUpdated"`
	TimeFinalized           string `json:"timeFinalized"`
}

// Settable is the part of an object's metadata that clients choose.
type Settable struct {
	ContentType        string            `json:"contentType,omitempty"`
	ContentEncoding    string            `json:"contentEncoding,omitempty"`
	ContentDisposition string            `json:"contentDisposition,omitempty"`
	ContentLanguage    string            `json:"contentLanguage,omitempty"`
	CacheControl       string            `json:"cacheControl,omitempty"`
	Metadata           map[string]string `json:"metadata,omitempty"`
}

const (
	timeFormat   = "2006-01-02T15:04:05.000Z07:00"
	storageClass = "STANDARD"
)

func formatTime(t time.Time) string { return t.UTC().Format(timeFormat) }

// resource completes the object with what is not stored: kind, id, etag and links that begin with
// base.
func (o *Object) resource(base string) Object {
	out := *o
	out.Metadata = maps.Clone(o.Metadata)
	path := fmt.Sprintf("/storage/v1/b/%s/o/%s", o.Bucket, escapeSegment(o.Name))
	out.Kind = "storage#object"
	out.ID = fmt.Sprintf("%s/%s/%d", o.Bucket, o.Name, o.Generation)
	out.SelfLink = base + path
	out.MediaLink = fmt.Sprintf("%s/download%s?generation=%d&alt=media", base, path, o.Generation)
	out.Etag = o.etag()
	return out
}

// etag is the protocol buffer Cloud Storage uses: field 1 is the generation,
// field 2 the metageneration.
func (o *Object) etag() string {
	b := binary.AppendUvarint([]byte{1 << 3}, uint64(o.Generation))
	b = binary.AppendUvarint(append(b, 2<<3), uint64(o.Metageneration))
	return base64.StdEncoding.EncodeToString(b)
}

// escapeSegment escapes a name so that it is one segment of a path.
func escapeSegment(name string) string {
	return strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}

// baseURL is the URL by which the client reached the server, for the links in answers.
func baseURL(r *http.Request) string { return "http://" + r.Host }

// xmlEtag is the entity tag that the XML API shows.
func (o *Object) xmlEtag() string {
	sum, _ := base64.StdEncoding.DecodeString(o.MD5Hash) // as it was encoded
	return hex.EncodeToString(sum)
}

// splitXMLPath splits /BUCKET/OBJECT. Slashes in the object's name may be escaped or not.
func splitXMLPath(path string) (bucket, object string, ok bool) {
	bucket, rest, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	object, err := url.PathUnescape(rest)
	return bucket, object, ok && err == nil && bucket != "" && object != ""
}
