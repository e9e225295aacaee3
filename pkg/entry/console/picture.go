// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// The size of the boxes in the picture of a lineage, and the room between them.
const (
	boxWidth, boxHeight = 208, 56
	boxGap, boxSpace    = 30, 16
	boxLetters          = 22 // that fit into a box
	mostSources         = 4  // that are drawn; the list below the picture has all
)

// picture shows what a job was made of, and what it has made: boxes from left to right, with lines
// between them. Facts are the same as text.
type picture struct {
	Width, Height int
	Boxes         []box
	Paths         []string
	Facts         []fact
}

// box is a thing in the picture.
type box struct {
	X, Y, W, H  int
	Kind, Label string
	Whole       string // the whole name, if the label is cut
}

// fact is a thing as text. It has a link if there is a page about it.
type fact struct{ Kind, Name, Link string }

// column is the boxes below each other.
type column []fact

// pictureOf draws the lineage of a job.
func pictureOf(j tuning.Job) picture {
	var made, data column
	for _, s := range j.Lineage.Sources {
		made = append(made, fact{Kind: "Source file", Name: s.URI})
	}
	if len(made) == 0 && j.TrainingData != "" {
		made = column{{Kind: "Source", Name: "messages in Firestore"}}
	}
	base := fact{Kind: "Base model", Name: j.BaseModel}
	if j.Spec.PreTunedModel != "" {
		base = fact{Kind: "Continued model", Name: j.Spec.PreTunedModel}
	}
	if j.TrainingData != "" {
		data = append(data, fact{Kind: plural(j.Pairs, "training example"), Name: j.TrainingData})
	}
	if j.Spec.ValidationData != "" {
		data = append(data, fact{Kind: plural(j.Lineage.Validation, "validation example"), Name: j.Spec.ValidationData})
	}
	data = append(data, base)
	columns := []column{made, data, {{Kind: "Job", Name: j.DisplayName}}}
	if j.TunedModel != "" {
		columns = append(columns, column{{Kind: "Tuned model", Name: j.TunedModel}})
	}
	var served column
	if j.TunedEndpoint != "" {
		served = append(served, fact{Kind: "Endpoint", Name: j.TunedEndpoint})
	}
	for _, c := range j.Checkpoints {
		if c.Endpoint != "" && c.Endpoint != j.TunedEndpoint {
			served = append(served, fact{Kind: "Checkpoint " + c.ID, Name: c.Endpoint})
		}
	}
	return drawColumns(append(columns, served))
}

// drawColumns places the boxes. Each box is joined with the first box of the next column, or with
// all of them behind the job.
func drawColumns(columns []column) (p picture) {
	p.Height = boxHeight
	for _, c := range columns {
		shown := min(len(c), mostSources+1)
		p.Height = max(p.Height, shown*(boxHeight+boxSpace)-boxSpace)
	}
	var before []box
	x := 0
	for _, c := range columns {
		if len(c) == 0 {
			continue
		}
		p.Facts = append(p.Facts, c...)
		if len(c) > mostSources {
			rest := fact{Kind: "And", Name: strconv.Itoa(len(c)-mostSources) + " more"}
			c = append(c[:mostSources:mostSources], rest)
		}
		y := (p.Height - len(c)*(boxHeight+boxSpace) + boxSpace) / 2
		var now []box
		for _, f := range c {
			label := shortened(f.Name)
			b := box{X: x, Y: y, W: boxWidth, H: boxHeight, Kind: f.Kind, Label: label}
			if label != f.Name {
				b.Whole = dataset.Visible(f.Name)
			}
			now = append(now, b)
			y += boxHeight + boxSpace
		}
		p.join(before, now)
		p.Boxes = append(p.Boxes, now...)
		before = now
		p.Width = x + boxWidth
		x += boxWidth + boxGap
	}
	return p
}

// join draws lines from the boxes of a column to those of the next one.
func (p *picture) join(from, to []box) {
	for _, a := range from {
		for _, b := range to {
			if b.Kind == "Base model" || b.Kind == "Continued model" {
				continue // it is not made of the sources
			}
			x1, y1, x2, y2 := a.X+a.W, a.Y+a.H/2, b.X, b.Y+b.H/2
			middle := strconv.Itoa((x1 + x2) / 2)
			p.Paths = append(p.Paths, "M"+strconv.Itoa(x1)+" "+strconv.Itoa(y1)+" C"+middle+" "+strconv.Itoa(y1)+" "+middle+" "+
				strconv.Itoa(y2)+" "+strconv.Itoa(x2)+" "+strconv.Itoa(y2))
		}
	}
}

// shortened returns a name that fits into a box. Of a longer name of Google Cloud, only what follows
// the last slash is taken. The middle of the rest is left out, because the ends tell names apart.
func shortened(name string) string {
	letters := []rune(dataset.Visible(name))
	if fitting(letters, boxLetters) == len(letters) {
		return string(letters)
	}
	if strings.HasPrefix(name, "gs://") || strings.HasPrefix(name, "projects/") {
		return shortened(path.Base(name))
	}
	head := letters[:fitting(letters, boxLetters/3)]
	tail := letters[len(head):]
	slices.Reverse(tail)
	tail = tail[:fitting(tail, boxLetters-boxLetters/3-1)]
	slices.Reverse(tail)
	return string(head) + "…" + string(tail)
}

// fitting returns how many letters fit into the width of so many Latin ones.
func fitting(letters []rune, limit int) int {
	const firstWide = 0x2e80 // from here on, most letters are those of East Asia and emoji, which are twice as wide
	for n, r := range letters {
		if limit--; r >= firstWide {
			limit--
		}
		if limit < 0 {
			return n
		}
	}
	return len(letters)
}
