//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"
)

// cell is one measurement of a system.
type cell struct {
	shape shape
	many  int     // packets in flight at most
	batch int     // HTTP: packets of a request
	rate  float64 // packets a second; 0: closed loop
	level int     // percent of the slowest ceiling; 0: closed loop
}

// inFlight is "many in flight" for everyone: HTTP needs a connection for each.
const inFlight = 128

// result is a cell's row.
type result struct {
	System string `json:"system"`
	Shape  string `json:"packets"`
	Many   int    `json:"in_flight"`
	Batch  int    `json:"packets_per_request,omitempty"`
	Level  int    `json:"load_percent,omitempty"`
	Rate   int    `json:"packets_per_s_wanted,omitempty"`
	figures
	ProxyCPU  float64 `json:"proxy_cpu_s"`
	AllCPU    float64 `json:"all_cpu_s"` // analysers and load generator too
	PerCPU    float64 `json:"messages_per_proxy_cpu_s"`
	PerPacket float64 `json:"proxy_cpu_us_per_packet"`
	PerMega   float64 `json:"proxy_cpu_s_per_million_messages"`
	Memory    float64 `json:"proxy_rss_mib"`
	Failed    int     `json:"failed"`
	Unsent    int     `json:"unsent,omitempty"`
	Why       string  `json:"why,omitempty"`
}

// usage is what the processes have used so far.
type usage struct{ proxy, all time.Duration }

// measure runs one cell on the proxy that runs.
func (c *cluster) measure(ctx context.Context, w cell) (*result, error) {
	all, err := contents(w.shape)
	if err != nil {
		return nil, err
	}
	c.inc++
	l := &load{addr: c.proxy.addr, all: all, inc: c.inc, many: w.many, batch: max(1, w.batch), book: &book{}}
	r := &result{System: c.proxy.name, Shape: w.shape.name, Many: w.many, Batch: w.batch, Level: w.level, Rate: int(w.rate)}
	stop, wait := c.send(ctx, l, w, &r.Unsent)
	warm := min(c.o.span/4, time.Second)
	sleep(ctx, warm)
	pids := family(c.proxy.process.Pid())
	profiled := c.profile(r)
	before, err1 := c.used(pids)
	from := time.Now()
	sleep(ctx, c.o.span)
	to := time.Now()
	after, err2 := c.used(pids)
	memory, err3 := memoryOf(pids)
	stop()
	wait()
	if err := errors.Join(ctx.Err(), err1, err2, err3, profiled()); err != nil {
		return nil, err
	}
	r.figures = l.book.between(from, to)
	r.ProxyCPU, r.AllCPU, r.Memory = (after.proxy - before.proxy).Seconds(), (after.all - before.all).Seconds(), memory
	if r.ProxyCPU > 0 && r.Packets > 0 {
		r.PerCPU = float64(r.Messages) / r.ProxyCPU
		r.PerPacket = r.ProxyCPU * 1e6 / float64(r.Packets)
		r.PerMega = r.ProxyCPU * 1e6 / float64(r.Messages)
	}
	if r.Failed = l.book.failed; l.book.why != nil {
		r.Why = fmt.Sprintf("%.300s", l.book.why.Error())
	}
	if r.Packets == 0 {
		return r, fmt.Errorf("%s: no packet was acknowledged: %s", r.System, r.Why)
	}
	return r, nil
}

// send begins a cell's load; stop ends it, and wait waits for the last outcome.
func (c *cluster) send(ctx context.Context, l *load, w cell, unsent *int) (stop, wait func()) {
	done := make(chan struct{})
	var s source
	if w.rate > 0 {
		ctx, cancel := context.WithCancel(ctx)
		o := &open{tickets: make(chan time.Time, ticketsMax)}
		paced := make(chan struct{})
		go func() { defer close(paced); *unsent = o.pace(ctx, w.rate) }()
		s, stop = o, func() { cancel(); <-paced }
	} else {
		o := &closed{}
		s, stop = o, func() { o.over.Store(true) }
	}
	p := c.proxy.system
	go func() {
		defer close(done)
		if p.grpc {
			l.grpc(s)
		} else {
			l.http(s, p.form)
		}
	}()
	return stop, func() { <-done }
}

// used is the CPU time of the proxy, and of everything.
func (c *cluster) used(proxy []int) (u usage, err error) {
	if u.proxy, err = cpuOf(proxy); err != nil {
		return u, err
	}
	u.all = u.proxy
	for _, a := range c.nodes {
		cpu, err := cpuOf([]int{a.process.Pid()})
		if err != nil {
			return u, err
		}
		u.all += cpu
	}
	var own syscall.Rusage
	err = syscall.Getrusage(syscall.RUSAGE_SELF, &own)
	u.all += time.Duration(own.Utime.Nano() + own.Stime.Nano())
	return u, err
}

// sleep waits, unless the run is interrupted.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
