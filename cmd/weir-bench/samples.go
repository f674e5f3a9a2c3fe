//go:build linux

package main

import (
	"slices"
	"sync"
	"time"
)

// sample is one packet with its outcome.
type sample struct {
	done     time.Time
	took     time.Duration // since it was to be sent
	messages int
}

// book collects the samples of a cell.
type book struct {
	mu     sync.Mutex
	all    []sample
	failed int // packets without success
	why    error
}

// add takes what one sender collected.
func (b *book) add(s []sample) {
	b.mu.Lock()
	b.all = append(b.all, s...)
	b.mu.Unlock()
}

// fail counts packets that got no acknowledgement, and keeps the first reason.
func (b *book) fail(n int, why error) {
	b.mu.Lock()
	b.failed += n
	if b.why == nil {
		b.why = why
	}
	b.mu.Unlock()
}

// figures are what the samples of a span say.
type figures struct {
	Packets  int     `json:"packets"`
	Messages int     `json:"messages"`
	PerSec   float64 `json:"messages_per_s"`
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	P999     float64 `json:"p999_ms"`
}

func (b *book) between(from, to time.Time) (f figures) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var took []time.Duration
	for _, s := range b.all {
		if s.done.Before(from) || s.done.After(to) {
			continue
		}
		took = append(took, s.took)
		f.Messages += s.messages
	}
	f.Packets = len(took)
	f.PerSec = float64(f.Messages) / to.Sub(from).Seconds()
	slices.Sort(took)
	at := func(permille int) float64 {
		if len(took) == 0 {
			return 0
		}
		return took[min(len(took)*permille/1000, len(took)-1)].Seconds() * 1000
	}
	f.P50, f.P99, f.P999 = at(500), at(990), at(999)
	return f
}
