package metrics

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"weir/system/node"
)

// Source is a running node: what it measures, and how many of its actors did not
// answer before ctx was done. It must be safe for concurrent use.
type Source interface {
	Samples(ctx context.Context) (all []node.Sample, late int)
}

// labelsMost is how many values of its label one metric shows. What comes first keeps
// its place, so that no series changes its meaning.
const labelsMost = 512

// collector asks the node at each scrape.
type collector struct {
	source Source
	within time.Duration // a scrape waits so long for actors
	rows   map[string]entry

	mu    sync.Mutex
	shown map[string]map[string]bool // label values by metric
}

func newCollector(s Source, within time.Duration) *collector {
	return &collector{source: s, within: within, rows: bySample(), shown: map[string]map[string]bool{}}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for i := range table {
		out <- c.rows[table[i].sample].desc
	}
	out <- lateDesc
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), c.within)
	defer cancel()
	samples, late := c.source.Samples(ctx)
	out <- prometheus.MustNewConstMetric(lateDesc, prometheus.GaugeValue, float64(late))
	for _, s := range c.merge(samples) {
		if s.Name == "ready" { // what the node as a whole is
			ok, _ := ready(samples, late)
			s = node.Truth("ready", ok)
		}
		out <- c.metric(&s)
	}
}

// key tells the series of a node apart.
type key struct{ name, label string }

// merge adds up samples of equal names and labels.
func (c *collector) merge(samples []node.Sample) []node.Sample {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []node.Sample
	at := map[key]int{}
	for _, s := range samples {
		s.Label = c.admit(s.Name, s.Label)
		k := key{s.Name, s.Label}
		i, ok := at[k]
		switch {
		case !ok:
			at[k] = len(all)
			if s.Times != nil {
				own := *s.Times // others may hold the sample too
				s.Times = &own
			}
			all = append(all, s)
		case s.Times != nil && all[i].Times != nil:
			all[i].Times.Merge(s.Times)
		default:
			all[i].Value += s.Value
		}
	}
	return all
}

// admit is the label under which a value is shown.
func (c *collector) admit(name, label string) string {
	labels := c.shown[name]
	switch {
	case label == "" || label == node.Other || labels[label]:
		return label
	case labels == nil:
		labels = map[string]bool{}
		c.shown[name] = labels
	case len(labels) >= labelsMost:
		return node.Other
	}
	labels[label] = true
	return label
}

// metric is a sample for Prometheus. One that the table does not know, or knows
// otherwise, makes the scrape fail: it is an error of the program.
func (c *collector) metric(s *node.Sample) prometheus.Metric {
	row, ok := c.rows[s.Name]
	if !ok || (row.kind == histogram) != (s.Times != nil) || row.label == "" && s.Label != "" {
		return prometheus.NewInvalidMetric(prometheus.NewInvalidDesc(fmt.Errorf("sample %q (%q) is not in the table", s.Name, s.Label)),
			fmt.Errorf("sample %q, label %q: not as the table has it", s.Name, s.Label))
	}
	var labels []string
	if row.label != "" {
		labels = []string{s.Label}
	}
	switch row.kind {
	case histogram:
		return prometheus.MustNewConstHistogram(row.desc, s.Times.Count(), seconds(s.Times), buckets(s.Times), labels...)
	case counter:
		return prometheus.MustNewConstMetric(row.desc, prometheus.CounterValue, float64(s.Value), labels...)
	}
	return prometheus.MustNewConstMetric(row.desc, prometheus.GaugeValue, float64(s.Value), labels...)
}

func seconds(t *node.Times) float64 { return float64(t.Seconds) + float64(t.Nanos)/1e9 }

// buckets are cumulative counts by upper bound.
func buckets(t *node.Times) map[float64]uint64 {
	b := make(map[float64]uint64, len(node.TimesBounds))
	sum := uint64(0)
	for i, bound := range node.TimesBounds {
		sum += t.Classes[i]
		b[bound.Seconds()] = sum
	}
	return b
}

// ready says whether a node with these samples does its part: its root actor says so,
// every actor answers, and of a distributor's workers one has an eligible analyser, or its
// spool has room.
func ready(samples []node.Sample, late int) (bool, string) {
	sum := func(name string) (n uint64) {
		for i := range samples {
			if samples[i].Name == name {
				n += samples[i].Value
			}
		}
		return n
	}
	distributes := slices.ContainsFunc(samples, func(s node.Sample) bool { return s.Name == "workers" })
	switch {
	case late > 0:
		return false, "an actor does not answer"
	case sum("ready") == 0:
		return false, "not ready"
	case distributes && sum("eligible") == 0 && sum("held_open") == 0:
		return false, "no eligible analyser"
	}
	return true, "ready"
}
