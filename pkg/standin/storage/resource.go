// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"
)

// Object is an object's metadata: marshalled to JSON it is the JSON API's
// object resource, which is also the data of an Eventarc storage event.
// Times are RFC 3339 in UTC with milliseconds, hashes are base64.
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
	Size                    int64  `json:"size,string"`              // in bytes, as stored
	MD5Hash                 string `json:"md5Hash,omitempty"`        // absent on composed objects
	CRC32C                  string `json:"crc32c"`                   // big-endian, Castagnoli
	ComponentCount          int    `json:"componentCount,omitempty"` // on composed objects only
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
	timeFormat          = "2006-01-02T15:04:05.000Z07:00"
	defaultStorageClass = "STANDARD"
)

func formatTime(t time.Time) string { return t.UTC().Format(timeFormat) }

// resource completes the object with what is not stored: kind, id, etag and
// links that begin with base.
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

// components is how many uploads the object was made of.
func (o *Object) components() int { return max(o.ComponentCount, 1) }

// escapeSegment escapes a name so that it is one segment of a path.
func escapeSegment(name string) string {
	return strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}

// bucketResource is the JSON API's bucket resource, as far as it is kept.
type bucketResource struct {
	Kind             string            `json:"kind,omitempty"`
	ID               string            `json:"id,omitempty"`
	SelfLink         string            `json:"selfLink,omitempty"`
	ProjectNumber    string            `json:"projectNumber,omitempty"`
	Name             string            `json:"name"`
	Etag             string            `json:"etag,omitempty"`
	Metageneration   int64             `json:"metageneration,string"`
	Location         string            `json:"location"`
	LocationType     string            `json:"locationType"`
	StorageClass     string            `json:"storageClass"`
	TimeCreated      string            `json:"timeCreated"`
	Updated          string            `json:"updated"`
	Labels           map[string]string `json:"labels,omitempty"`
	IAMConfiguration *iamConfiguration `json:"iamConfiguration,omitempty"`
}

// iamConfiguration is kept for the client and has no effect.
type iamConfiguration struct {
	UniformBucketLevelAccess struct {
		Enabled bool `json:"enabled"`
	} `json:"uniformBucketLevelAccess"`
	PublicAccessPrevention string `json:"publicAccessPrevention,omitempty"`
}

func (b *bucketResource) resource(base string) bucketResource {
	out := *b
	out.Kind = "storage#bucket"
	out.ID = b.Name
	out.SelfLink = base + "/storage/v1/b/" + b.Name
	out.ProjectNumber = "0"
	tag := binary.AppendUvarint([]byte{1 << 3}, uint64(b.Metageneration))
	out.Etag = base64.StdEncoding.EncodeToString(tag)
	return out
}

// met checks the conditions that buckets have.
func (b *bucketResource) met(c conditions, read bool) error {
	if c.Generation != nil || c.NotGeneration != nil {
		return errInvalid("Buckets have no generation.")
	}
	as := &Object{Metageneration: b.Metageneration}
	if read {
		return c.metForRead(as)
	}
	return c.met(as)
}

// xmlEtag is the entity tag that the XML API shows.
func (o *Object) xmlEtag() string {
	if sum, err := base64.StdEncoding.DecodeString(o.MD5Hash); err == nil && len(sum) > 0 {
		return hex.EncodeToString(sum)
	}
	return "-" + o.etag()
}

// splitXMLPath takes apart /BUCKET/OBJECT. Slashes in the object's name may be
// escaped or not.
func splitXMLPath(path string) (bucket, object string, ok bool) {
	bucket, rest, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	object, err := url.PathUnescape(rest)
	return bucket, object, ok && err == nil && bucket != "" && object != ""
}
