//go:build linux

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// closedCells are the cells that need nothing of other systems. Whoever takes several
// packets in a request is also measured so.
func closedCells(s system) []cell {
	cells := []cell{
		{shape: small, many: inFlight}, {shape: large, many: inFlight},
		{shape: small, many: 1}, {shape: large, many: 1},
	}
	switch {
	case s.grpc:
		cells = append(cells, cell{shape: small, many: 8 * inFlight})
	case s.form == toDistributor:
		cells = append(cells, cell{shape: small, many: 8 * inFlight, batch: 10})
	}
	return cells
}

// levels are percents of what the slowest system can do.
var levels = []int{25, 50, 75}

// measureAll fills the report. What is measured stays there whatever comes.
func measureAll(ctx context.Context, o *options, all []system, r *report, errw io.Writer) (err error) {
	c, err := newCluster(ctx, o)
	defer func() { err = errors.Join(err, c.close()) }()
	if err != nil {
		return err
	}
	ceiling := math.Inf(1)
	for _, s := range all {
		if err := c.beginProxy(ctx, s); err != nil {
			return err
		}
		for i, w := range closedCells(s) {
			row, err := c.row(ctx, w, r, errw)
			if err != nil {
				return err
			}
			if i == 0 {
				ceiling = min(ceiling, float64(row.Packets)/o.span.Seconds())
			}
		}
	}
	if err := c.levelled(ctx, all, ceiling, r, errw); err != nil {
		return err
	}
	for _, s := range all {
		if strings.HasSuffix(s.name, "-log") {
			continue // the shares are those without the log
		}
		if err := c.beginProxy(ctx, s); err != nil {
			return err
		}
		fmt.Fprintf(errw, "%s: one analyser fails and returns\n", s.name)
		row, err := c.failAndReturn(ctx, ceiling/2)
		if err != nil {
			return err
		}
		r.Shares = append(r.Shares, *row)
	}
	return nil
}

// levelled measures the levels in rounds, in each of which every system has its turn: what
// else the machine does is then nobody's alone. Of each system's rounds at a level the one
// with the median p99 is its row.
func (c *cluster) levelled(ctx context.Context, all []system, ceiling float64, r *report, errw io.Writer) error {
	rounds := make([]report, len(all)*len(levels))
	defer func() { // what is measured counts whatever comes
		for i := range rounds {
			if rows := rounds[i].Rows; len(rows) > 0 {
				slices.SortFunc(rows, func(a, b result) int { return cmp.Compare(a.P99, b.P99) })
				r.Rows = append(r.Rows, rows[len(rows)/2])
			}
		}
	}()
	for range c.o.rounds {
		for i, s := range all {
			if err := c.beginProxy(ctx, s); err != nil {
				return err
			}
			for j, level := range levels {
				w := cell{shape: small, many: inFlight, rate: ceiling * float64(level) / 100, level: level}
				if _, err := c.row(ctx, w, &rounds[i*len(levels)+j], errw); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// row measures a cell and puts it into the report.
func (c *cluster) row(ctx context.Context, w cell, r *report, errw io.Writer) (*result, error) {
	fmt.Fprintf(errw, "%s: packets of %s, %d in flight%s\n", c.proxy.name, w.shape.name, w.many, w.extra())
	row, err := c.measure(ctx, w)
	if err != nil {
		return nil, err
	}
	r.Rows = append(r.Rows, *row)
	return row, nil
}

// extra says what else is particular to a cell.
func (w *cell) extra() string {
	switch {
	case w.level > 0:
		return fmt.Sprintf(", %d %% of the slowest ceiling (%.0f packets/s)", w.level, w.rate)
	case w.batch > 1:
		return fmt.Sprintf(", %d packets a request", w.batch)
	}
	return ""
}
