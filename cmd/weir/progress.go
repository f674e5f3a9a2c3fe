package main

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// How often progress is shown.
const (
	statusEvery = 200 * time.Millisecond // on a terminal: one line, rewritten
	plainEvery  = 5 * time.Second        // elsewhere: a line each
)

// progress tells on standard error how far a sweep is. Runs report from their own
// goroutines.
type progress struct {
	w       io.Writer
	status  bool // one line, rewritten
	total   uint64
	real    bool // real processes: events are the records read
	started time.Time

	runs    atomic.Uint64 // finished
	odd     atomic.Uint64 // finished without the expected verdict
	active  atomic.Int64
	events  atomic.Uint64
	virtual atomic.Int64 // ns

	mu    sync.Mutex
	shown bool // a status line stands on the terminal
	quit  chan struct{}
	ended sync.WaitGroup
}

// startProgress begins to tell. A live run tells more than that by itself.
func (s *batch) startProgress() *progress {
	a := *s.app
	if s.flags.live != nil {
		a.errw = io.Discard
	}
	return startProgress(&a, s.total(), s.tcp != nil)
}

// startProgress begins to tell how far so many runs are; 0: nobody knows how many.
func startProgress(a *app, total uint64, real bool) *progress {
	p := &progress{w: a.errw, status: a.status, total: total, real: real, started: time.Now(), quit: make(chan struct{})}
	every := plainEvery
	if p.status {
		every = statusEvery
	}
	p.ended.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				p.show()
			case <-p.quit:
				return
			}
		}
	})
	return p
}

func (p *progress) begin() { p.active.Add(1) }

func (p *progress) done(o *outcome) { p.finished(!o.expected() && !o.cutShort()) }

// finished counts a run that is over, and whether it went as expected.
func (p *progress) finished(odd bool) {
	p.active.Add(-1)
	p.runs.Add(1)
	if odd {
		p.odd.Add(1)
	}
}

// follow returns what one run calls with its own counters.
func (p *progress) follow() func(uint64, time.Duration) {
	var events uint64
	var virtual time.Duration
	return func(e uint64, v time.Duration) {
		p.events.Add(e - events)
		p.virtual.Add(int64(v - virtual))
		events, virtual = e, v
	}
}

// line is the state in words.
func (p *progress) line() string {
	seconds := max(time.Since(p.started).Seconds(), 0.001)
	text := fmt.Sprintf("%d of %d runs, %d under way, ", p.runs.Load(), p.total, p.active.Load())
	if p.total == 0 {
		text = fmt.Sprintf("%d runs, %d under way, ", p.runs.Load(), p.active.Load())
	}
	if p.real {
		text += fmt.Sprintf("%.0f s, %d records", seconds, p.events.Load())
	} else {
		text += fmt.Sprintf("%.2f M events/s, %.0f virtual s/s", float64(p.events.Load())/seconds/1e6, float64(p.virtual.Load())/1e9/seconds)
	}
	if odd := p.odd.Load(); odd > 0 {
		text += fmt.Sprintf(", %d not as expected", odd)
	}
	return text
}

func (p *progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.status {
		// Without line wrap, or a narrow terminal would keep the ends of old lines.
		fmt.Fprintf(p.w, "\r\x1b[K\x1b[?7l%s\x1b[?7h", p.line())
		p.shown = true
		return
	}
	fmt.Fprintf(p.w, "weir: %s\n", p.line())
}

// hide takes the status line away, so that a result can be printed.
func (p *progress) hide() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}

// stop ends telling.
func (p *progress) stop() {
	close(p.quit)
	p.ended.Wait()
	p.hide()
}
