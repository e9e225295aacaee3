// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/metrics"
)

// The size of a chart, and its margins, in the units of its picture.
const (
	chartWidth, chartHeight           = 720, 280
	chartLeft, chartRight             = 56, 16
	chartTop, chartBottom             = 12, 40
	mostTableRows, tickCount, halfway = 200, 5, 0.5
	mostDots                          = 40
)

// chart is a picture of curves over training steps, with its data as a table.
type chart struct {
	Title, Text   string // the text says what a reader of the picture sees
	Step          string // what the axis counts
	Width, Height int
	Lines         []chartLine
	Across, Up    []tick
	Rows          []chartRow
	Thinned       int // the number of all rows, if the table shows only some of them
	// Left, Right, Top and Bottom are the borders of the curves.
	Left, Right, Top, Bottom int
}

// chartLine is a curve. Style names its color and its dashes.
type chartLine struct {
	Name, Style, Points string
	Dots                []dot // of a curve with few points
}

// dot is a point of a curve.
type dot struct{ X, Y int }

// tick is a labelled place on an axis.
type tick struct {
	At    int
	Label string
}

// chartRow is a row of the table: the step, and the value of each curve, or "".
type chartRow struct {
	Step   int64
	Values []string
}

// curve is a named series of points.
type curve struct {
	name, style string
	points      []metrics.Point
}

// lossChart draws the losses of a job, or returns nil if there are none.
func lossChart(c metrics.Curves) *chart {
	var curves []curve
	for _, one := range []curve{{"training loss", "one", c.TrainLoss}, {"evaluation loss", "two", c.EvalLoss}} {
		if len(one.points) > 0 {
			curves = append(curves, one)
		}
	}
	if len(curves) == 0 {
		return nil
	}
	drawn := draw(curves, false)
	drawn.Title, drawn.Step = "Loss by training step", "step"
	drawn.Text = described(curves)
	return drawn
}

// described says in words how each curve begins and ends.
func described(curves []curve) string {
	var all []string
	for _, c := range curves {
		first, last := c.points[0], c.points[len(c.points)-1]
		lowest := slices.MinFunc(c.points, func(a, b metrics.Point) int { return int(math.Copysign(1, a.Value-b.Value)) })
		all = append(all, fmt.Sprintf("The %s goes from %.4g at step %d to %.4g at step %d; its lowest value is %.4g at step %d.",
			c.name, first.Value, first.Step, last.Value, last.Step, lowest.Value, lowest.Step))
	}
	return strings.Join(all, " ")
}

// draw draws curves that share their axes. fromZero shows zero too.
func draw(curves []curve, fromZero bool) *chart {
	firstStep, lastStep := int64(math.MaxInt64), int64(math.MinInt64)
	low, high := math.Inf(1), math.Inf(-1)
	for _, c := range curves {
		for _, p := range c.points {
			firstStep, lastStep = min(firstStep, p.Step), max(lastStep, p.Step)
			low, high = min(low, p.Value), max(high, p.Value)
		}
	}
	if fromZero {
		low = min(low, 0)
	}
	values := ticksOf(low, high)
	low, high = min(low, values[0]), max(high, values[len(values)-1])
	across := func(step int64) int {
		return between(float64(step), float64(firstStep), float64(lastStep), chartLeft, chartWidth-chartRight)
	}
	up := func(value float64) int { return between(value, low, high, chartHeight-chartBottom, chartTop) }
	drawn := &chart{
		Width: chartWidth, Height: chartHeight,
		Left: chartLeft, Right: chartWidth - chartRight, Top: chartTop, Bottom: chartHeight - chartBottom,
	}
	for _, c := range curves {
		line := chartLine{Name: c.name, Style: c.style}
		for _, p := range c.points {
			at := dot{across(p.Step), up(p.Value)}
			line.Points += fmt.Sprintf("%d,%d ", at.X, at.Y)
			if len(c.points) <= mostDots {
				line.Dots = append(line.Dots, at)
			}
		}
		drawn.Lines = append(drawn.Lines, line)
	}
	for _, v := range values {
		drawn.Up = append(drawn.Up, tick{up(v), strconv.FormatFloat(v, 'g', 4, 64)})
	}
	for _, v := range ticksOf(float64(firstStep), float64(lastStep)) {
		if step := int64(v); float64(step) == v && step >= firstStep && step <= lastStep {
			drawn.Across = append(drawn.Across, tick{across(step), count(step)})
		}
	}
	drawn.Rows, drawn.Thinned = tableOf(curves)
	return drawn
}

// between maps a value of one range to another range. The middle stands for an empty range.
func between(v, low, high float64, from, to int) int {
	share := halfway
	if high > low {
		share = (v - low) / (high - low)
	}
	return from + int(math.Round(share*float64(to-from)))
}

// ticksOf returns round values that cover a range.
func ticksOf(low, high float64) (all []float64) {
	if high <= low {
		return []float64{low}
	}
	rough := (high - low) / (tickCount - 1)
	unit := math.Pow(10, math.Floor(math.Log10(rough)))
	step := unit
	for _, factor := range []float64{1, 2, 5, 10} {
		if step = factor * unit; step >= rough {
			break
		}
	}
	for i := math.Floor(low / step); ; i++ {
		v := math.Round(i*step/unit*1e6) / 1e6 * unit // without the noise of a binary fraction
		if all = append(all, v); v >= high {
			return all
		}
	}
}

// tableOf returns the values of all curves by step. A very long table is thinned out evenly, and
// the number of all its rows is returned with it.
func tableOf(curves []curve) (rows []chartRow, thinned int) {
	byStep := map[int64][]string{}
	for i, c := range curves {
		for _, p := range c.points {
			if byStep[p.Step] == nil {
				byStep[p.Step] = make([]string, len(curves))
			}
			byStep[p.Step][i] = strconv.FormatFloat(p.Value, 'g', 4, 64)
		}
	}
	steps := slices.Sorted(maps.Keys(byStep))
	every := (len(steps) + mostTableRows - 1) / mostTableRows
	for i, step := range steps {
		if i%every == 0 || i == len(steps)-1 {
			rows = append(rows, chartRow{step, byStep[step]})
		}
	}
	if every > 1 {
		thinned = len(steps)
	}
	return rows, thinned
}
